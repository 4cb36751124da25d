"""One target: where it is, what may be sent to it, and what is known of it."""

from __future__ import annotations

import datetime
import ipaddress
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from scanner.targets.discovery import (
    Access,
    Assistant,
    Callback,
    Discover,
    Presign,
    Service,
    Storage,
    Upload,
)
from scanner.targets.entry import Entry
from scanner.targets.expect import Expect
from scanner.targets.kinds import (
    Count,
    Date,
    Glob,
    Header,
    Host,
    HttpUrl,
    Name,
    OneOrMany,
    Rate,
    Request,
    Rooted,
    Seconds,
    Text,
    Url,
)
from scanner.targets.login import (
    Identity,
    Login,
    Logins,
    Oidc,
    PasswordChange,
    Registration,
    Reset,
    Tokens,
)
from scanner.targets.secret import Open

Profile = Literal["pr", "staging", "deep"]
Harm = Literal["none", "sandbox", "real"]


def loopback(url: str) -> bool:
    """Whether the host of `url` is by its name this machine itself; nothing is resolved."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _trust(value: Any) -> Any:
    # `no` is text in YAML 1.2: it must not be taken for a file of that name.
    words = ("", "yes", "no", "on", "off", "none")
    if isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() not in words):
        return value
    raise PydanticCustomError("wallwalk", "must be true, false or a CA bundle's path; write true")


Verify = Annotated[
    bool | str, BeforeValidator(_trust), WithJsonSchema({"type": ["boolean", "string"]})
]


class Authorization(Entry):
    """Somebody's consent to more than passive checks."""

    by: Text = Field(description="Who allows it: a name and a role.")
    ticket: Text | None = Field(default=None, description="Where that is written down.")
    until: Date = Field(description="The last day on which it holds: 2027-01-31.")


class Scope(Entry):
    """What may be asked."""

    include: tuple[Glob, ...] = Field(
        default=("/**",), description="Paths of the target's own origin."
    )
    exclude: tuple[Glob, ...] = Field(default=(), description="Paths that are left alone.")
    never: tuple[Request, ...] = Field(
        default=(), description='Requests never sent: "GET /createdb".'
    )
    hosts: tuple[Host, ...] = Field(
        default=(), description="host[:port] of further origins to scan."
    )
    load: tuple[Host, ...] = Field(default=(), description="Hosts that the browser may GET from.")
    login_hosts: tuple[Host, ...] = Field(
        default=(), description="Hosts asked only while logging in."
    )


class Limits(Entry):
    """How much is sent, and how fast."""

    rate: Rate = Field(default=50.0, description="Requests a second.")
    concurrency: Count = Field(default=10, description="Requests at the same time.")
    max_requests: Count = Field(default=20_000, description="Requests altogether.")
    timeout: Seconds = Field(default=10.0, description="Seconds for one request.")


class SideEffects(Entry):
    """What happens outside when the application is used; unset means: no bursts."""

    mail: Harm | None = Field(default=None, description="Mail: none, sandbox or real.")
    sms: Harm | None = Field(default=None, description="Text messages: none, sandbox or real.")
    payments: Harm | None = Field(default=None, description="Payments: none, sandbox or real.")


class Start(Entry):
    """How the target is started; only with --start."""

    command: tuple[Text, ...] = Field(
        description='The program and its arguments: ["python", "app.py"].', min_length=1
    )
    ready: Rooted = Field(default="/", description="The path that answers once it is ready.")
    timeout: Seconds = Field(default=60.0, description="Seconds until it must be ready.")
    env: dict[str, Open] = Field(default_factory=dict, description="Its environment variables.")


def _start_page(data: dict[str, Any]) -> tuple[str, ...]:
    """A target whose address has a path starts there."""
    return (urlsplit(data.get("url", "")).path or "/",)


class Target(Entry):
    """One running application."""

    name: Name = Field(description="A short name for reports and --target.")
    url: Url = Field(description="Its address: https://staging.example.com")
    plain_url: HttpUrl | None = Field(
        default=None,
        description="The http address that must redirect; default: port 80 of the same host.",
    )
    profile: Profile | None = Field(
        default=None, description="What may be sent: pr, staging or deep."
    )
    authorization: Authorization | None = Field(
        default=None, description="Consent; needed for more than passive checks off loopback."
    )
    verify: Verify = Field(
        default=True, description="TLS: true, false, or the path of a CA bundle."
    )
    proxy: Url | None = Field(
        default=None, description="A proxy; never taken from the environment."
    )
    roots: tuple[Rooted, ...] = Field(
        default_factory=_start_page,
        description="Start pages of the applications under this address.",
        min_length=1,
    )
    scope: Scope = Field(default=Scope(), description="What may be asked.")
    limits: Limits = Field(default=Limits(), description="How much is sent, and how fast.")
    headers: dict[Header, Open] = Field(
        default_factory=dict, description="Headers sent with every request."
    )
    side_effects: SideEffects = Field(
        default=SideEffects(), description="What happens outside when it is used."
    )
    start: Start | None = Field(default=None, description="How it is started; only with --start.")
    discover: Discover = Field(default=Discover(), description="What there is to test.")
    identities: dict[Name, Identity] = Field(
        default_factory=dict, description="Who can log in, by name."
    )
    known_users: tuple[Text, ...] = Field(
        default=(), description="User names that exist; no password is needed."
    )
    login_alone: Login | None = Field(
        default=None, alias="login", description="The one way to log in, used everywhere."
    )
    logins_named: Logins | None = Field(
        default=None, alias="logins", description="Ways to log in by name."
    )
    registration: OneOrMany[Registration] = Field(default=(), description="How an account is made.")
    reset: OneOrMany[Reset] = Field(default=(), description="How a forgotten password is reset.")
    password_change: OneOrMany[PasswordChange] = Field(
        default=(), description="How a password is changed."
    )
    tokens: OneOrMany[Tokens] = Field(default=(), description="What is known of the tokens.")
    oidc: Oidc | None = Field(default=None, description="The OpenID Connect client that it is.")
    access: Access | None = Field(default=None, description="Who may use what.")
    uploads: tuple[Upload, ...] = Field(default=(), description="Places that take files.")
    presign: Presign | None = Field(
        default=None, description="A request that answers a presigned link."
    )
    storage: Storage | None = Field(default=None, description="The object storage behind it.")
    assistants: tuple[Assistant, ...] = Field(default=(), description="Language models to talk to.")
    services: tuple[Service, ...] = Field(default=(), description="Other ports of the same host.")
    callback: Callback | None = Field(default=None, description="Where the target can reach us.")
    expect: Expect = Field(default=Expect(), description="What this deployment promises.")

    @property
    def logins(self) -> dict[str, Login]:
        """The ways to log in by name; a `login:` that stands alone is named `login`."""
        if self.login_alone is not None:
            return {"login": self.login_alone}
        extra = self.logins_named.__pydantic_extra__ if self.logins_named else None
        return dict(extra or {})

    @property
    def try_others(self) -> bool:
        """Whether real credentials may be tried at further logins that the scan finds."""
        return self.logins_named is not None and self.logins_named.try_others


def authorized(target: Target, today: datetime.date) -> bool:
    """Whether `target` carries a consent that still holds on `today`."""
    return target.authorization is not None and today <= target.authorization.until
