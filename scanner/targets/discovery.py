"""What a scanner can't find by itself: pages, descriptions, inputs, services."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from scanner.targets.entry import Entry
from scanner.targets.kinds import (
    Address,
    Cookie,
    Count,
    Flag,
    Glob,
    Header,
    Host,
    Listen,
    Method,
    OpenAddress,
    Origin,
    Plain,
    Port,
    Request,
    Rooted,
    Seconds,
    SocketAddress,
    Text,
    Url,
)
from scanner.targets.secret import Body, Secret


def _auto_or_flag(value: Any) -> Any:
    if value == "auto" or isinstance(value, bool):
        return value
    raise PydanticCustomError("wallwalk", "must be auto, true or false; write auto")


Auto = Annotated[
    bool | Literal["auto"],
    BeforeValidator(_auto_or_flag),
    WithJsonSchema({"enum": ["auto", True, False]}),
]


class GraphQL(Entry):
    """A GraphQL endpoint."""

    url: Address = Field(description="Where it answers.")
    schema_file: Text | None = Field(
        default=None, alias="schema", description="A file with its schema, when it can't be asked."
    )


class WebSocket(Entry):
    """A WebSocket endpoint."""

    url: SocketAddress = Field(description="Where it answers.")
    protocol: Literal["raw", "socket.io", "graphql-ws"] = Field(
        default="raw", description="What is spoken on it."
    )
    messages: tuple[Text, ...] = Field(default=(), description="Messages that it understands.")


class Input(Entry):
    """Inputs of a request that no page shows."""

    request: Request = Field(description='The request: "GET /c/{id}".')
    headers: tuple[Header, ...] = Field(default=(), description="Headers that it reads.")
    cookies: tuple[Cookie, ...] = Field(default=(), description="Cookies that it reads.")


class ShownAt(Entry):
    """Where stored input comes back."""

    write: Request = Field(description='The request that stores: "POST /board/{id}".')
    read: tuple[Rooted, ...] = Field(description="The pages that show it.", min_length=1)


class Discover(Entry):
    """What there is to test."""

    crawl: Flag = Field(default=True, description="Whether links and forms are followed.")
    browser: Auto = Field(
        default="auto", description="Whether a real browser helps: auto, true, false."
    )
    seeds: tuple[Rooted, ...] = Field(default=(), description="Pages to start from.")
    openapi: tuple[Text, ...] = Field(default=(), description="OpenAPI: a path, a URL or a file.")
    graphql: tuple[GraphQL, ...] = Field(default=(), description="GraphQL endpoints.")
    websockets: tuple[WebSocket, ...] = Field(default=(), description="WebSocket endpoints.")
    har: tuple[Text, ...] = Field(default=(), description="Recorded traffic (HAR files).")
    trusted_origins: tuple[Origin, ...] = Field(
        default=(),
        description="Origins that the application trusts; mistakes are looked for near them.",
    )
    inputs: tuple[Input, ...] = Field(default=(), description="Inputs that no page shows.")
    shown_at: tuple[ShownAt, ...] = Field(default=(), description="Where stored input comes back.")


class AccessRule(Entry):
    """Who may use some paths: the roles named, or only the object's owner."""

    path: Glob = Field(description='The paths: "/api/admin/**".')
    roles: tuple[Text, ...] = Field(default=(), description="The roles that may.")
    owner: Flag = Field(default=False, description="Only the object's owner may.")
    methods: tuple[Method, ...] = Field(
        default=("GET",), alias="try", description="The methods to try as everybody else."
    )

    @model_validator(mode="after")
    def _somebody(self) -> AccessRule:
        if not self.roles and not self.owner:
            raise PydanticCustomError("wallwalk", "needs roles or owner; write roles: [admin]")
        return self


class Access(Entry):
    """Who may; every identity and the anonymous visitor are tried against it."""

    public: tuple[Glob, ...] = Field(default=(), description="What anybody may see.")
    rules: tuple[AccessRule, ...] = Field(default=(), description="What only some may use.")


class Upload(Entry):
    """A place that takes files."""

    method: Method = Field(default="POST", description="The HTTP method.")
    url: Address = Field(description="Where files are sent.")
    field: Text = Field(description="The form field that carries the file.")
    shown_at: Rooted | None = Field(
        default=None, description='Where it comes back: "/files/{name}".'
    )
    allow: tuple[Text, ...] = Field(
        default=(), description="The extensions that should be accepted."
    )
    max_bytes: Count | None = Field(
        default=None, description="The largest file that should be accepted."
    )
    remove: Request | None = Field(default=None, description='Deletes it: "DELETE /files/{name}".')


class Presign(Entry):
    """A request that answers with a presigned link."""

    method: Method = Field(default="POST", description="The HTTP method.")
    url: Address = Field(description="Where it goes.")
    body: Body = Field(default_factory=dict, description="The body.")


class Storage(Entry):
    """The object storage behind the application."""

    endpoint: Url = Field(description="The address of the S3 interface.")
    buckets: tuple[Text, ...] = Field(default=(), description="The buckets.")


class Assistant(Entry):
    """A language model that the application lets people talk to."""

    method: Method = Field(default="POST", description="The HTTP method.")
    url: OpenAddress = Field(description="Where messages go.")
    input: Plain = Field(description="Where the request holds the message: $.message")
    output: Plain = Field(description="Where the answer holds the reply: $.reply")
    secret: Secret | None = Field(default=None, description="Text that it must never tell.")
    max_calls: Count = Field(default=30, description="How many messages may be sent at most.")


class Service(Entry):
    """Another port of the same host; it gets greetings and harmless commands only."""

    port: Port = Field(description="The TCP port.")
    protocol: Text | None = Field(
        default=None, description="What it speaks: postgresql, otlp, smtp."
    )
    expect: Literal["open", "closed"] | None = Field(
        default=None, description="Whether it should be reachable."
    )


class Callback(Entry):
    """Where the target can reach us, for findings that show nowhere else."""

    listen: Listen = Field(default="127.0.0.1:0", description="Address and port that we listen on.")
    advertise: Host | None = Field(
        default=None, description="The host[:port] that the target calls."
    )
    late: Seconds = Field(
        default=60.0, description="How long to wait for calls at the end, in seconds."
    )
