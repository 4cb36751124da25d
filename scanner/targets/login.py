"""Who can log in, and how: identities, logins, and the requests around an account."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from scanner.targets.entry import Entry
from scanner.targets.kinds import (
    Flag,
    Method,
    OpenAddress,
    OpenGlob,
    OpenUrl,
    Plain,
    Request,
    Text,
    opened,
)
from scanner.targets.secret import Body, Secret

Status = Annotated[StrictInt, Field(ge=100, le=599)]


def _object_id(value: Any) -> Any:
    value = opened(value)
    if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
        return value
    raise PydanticCustomError("wallwalk", "must be a number or text; write 5001")


ObjectId = Annotated[int | str, BeforeValidator(_object_id)]

_BEARER = "Authorization: Bearer {token}"


class Identity(Entry):
    """Somebody who can log in. The first one is used for the authenticated crawl."""

    username: Plain | None = Field(default=None, description="The name to log in with.")
    password: Secret | None = Field(
        default=None, description='The password, as "${WALLWALK_ALICE}".'
    )
    token: Secret | None = Field(
        default=None, description="A ready token or API key, in place of a login."
    )
    role: Plain | None = Field(default=None, description="The role, as access.rules names it.")
    tenant: Plain | None = Field(
        default=None, description="The customer or organisation it belongs to."
    )
    owns: dict[OpenGlob, tuple[ObjectId, ...]] = Field(
        default_factory=dict,
        description='Objects that are its own: {"/api/orders/{id}": [5001]}.',
    )
    totp_secret: Secret | None = Field(
        default=None, description="The base32 secret of its one-time codes."
    )
    disposable: Flag = Field(
        default=False, description="May be locked, logged out, changed or deleted."
    )


class JsonLogin(Entry):
    """A login that posts JSON."""

    url: OpenAddress = Field(description="Where the credentials are posted.")
    body: Body = Field(description="The JSON body, with {username}, {password}, {totp}.")
    token: Plain | None = Field(default=None, description="Where the token is: $.access_token")
    send_as: Plain = Field(default=_BEARER, description="The header that carries the token.")


class FormLogin(Entry):
    """A login through an HTML form; its hidden token fields are fetched anew each time."""

    url: OpenAddress = Field(description="The page that holds the form.")
    fields: Body = Field(description="The form's fields, with {username}, {password}, {totp}.")


class BearerLogin(Entry):
    """The identity's own token, sent as it is."""

    send_as: Plain = Field(default=_BEARER, description="The header that carries the token.")


class BasicLogin(Entry):
    """HTTP Basic authentication (RFC 7617) with the identity's name and password."""


class StoredLogin(Entry):
    """A session that a browser saved (playwright's storage state)."""

    file: Plain = Field(description="The file, beside the targets file.")


class OAuthLogin(Entry):
    """A token from an OAuth 2 token endpoint (RFC 6749)."""

    token_url: OpenAddress = Field(description="The token endpoint.")
    grant: Literal["password", "client_credentials"] = Field(
        default="password", description="The grant type."
    )
    client_id: Plain | None = Field(default=None, description="The client's id.")
    client_secret: Secret | None = Field(default=None, description="The client's secret.")
    scope: Plain | None = Field(default=None, description="The scope asked for.")


class Step(Entry):
    """One step of a login in the browser: exactly one of its keys."""

    fill: tuple[Plain, Plain] | None = Field(default=None, description="A selector and its text.")
    click: Plain | None = Field(default=None, description="A selector to click.")
    wait_for: Plain | None = Field(default=None, description="A selector to wait for.")

    @model_validator(mode="after")
    def _one(self) -> Step:
        if len(self.model_fields_set) != 1:
            raise PydanticCustomError("wallwalk", "needs exactly one of fill, click, wait_for")
        return self


class BrowserLogin(Entry):
    """A login that only a browser can do."""

    url: OpenAddress = Field(description="The page to start at.")
    steps: tuple[Step, ...] = Field(description="What to fill in, click, wait for.", min_length=1)


class SessionCheck(Entry):
    """A request that proves that the session is alive and whose it is."""

    url: OpenAddress = Field(description="What to ask for, logged in.")
    status: Status = Field(default=200, description="The status that a live session gets.")
    contains: Plain | None = Field(
        default=None, description="Text in the answer, such as {username}."
    )


class Call(Entry):
    """A request without a body."""

    method: Method = Field(default="POST", description="The HTTP method.")
    url: OpenAddress = Field(description="Where it goes.")


_KINDS = ("json", "form", "bearer", "basic", "storage_state", "oauth2", "browser")


class Login(Entry):
    """One way to log in, by exactly one of its first seven keys."""

    json_: JsonLogin | None = Field(default=None, alias="json", description="Posts JSON.")
    form: FormLogin | None = Field(default=None, description="Fills in an HTML form.")
    bearer: BearerLogin | None = Field(default=None, description="Sends the identity's token.")
    basic: BasicLogin | None = Field(default=None, description="HTTP Basic authentication.")
    storage_state: StoredLogin | None = Field(
        default=None, description="A session saved by a browser."
    )
    oauth2: OAuthLogin | None = Field(default=None, description="Asks an OAuth 2 token endpoint.")
    browser: BrowserLogin | None = Field(default=None, description="Steps in a real browser.")
    paths: tuple[OpenGlob, ...] = Field(
        default=("/**",), alias="for", description="The paths that this session is used for."
    )
    check: SessionCheck | None = Field(
        default=None, description="Proves that the session is alive."
    )
    refresh: Call | None = Field(default=None, description="Renews the session.")
    logout: Call | None = Field(default=None, description="Ends the session.")

    @property
    def kind(self) -> str:
        """Which of the seven ways it is, as the file writes it."""
        return next(key for key, value in self.entries() if key in _KINDS and value is not None)

    @model_validator(mode="after")
    def _one(self) -> Login:
        given = [key for key, value in self.entries() if key in _KINDS and value is not None]
        if len(given) != 1:
            raise PydanticCustomError(
                "wallwalk", "needs exactly one of {kinds}", {"kinds": ", ".join(_KINDS)}
            )
        return self


class Logins(Entry):
    """Ways to log in by name; a path uses the first one whose `for` covers it."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Login]

    try_others: Flag = Field(
        default=False,
        description="May real credentials be tried at further logins that the scan finds?",
    )


class Registration(Entry):
    """How an account is made."""

    method: Method = Field(default="POST", description="The HTTP method.")
    url: OpenAddress = Field(description="Where it goes.")
    body: Body = Field(description="The body, with {username}, {mail}, {password}.")
    remove: Request | None = Field(
        default=None, description='Deletes the account: "DELETE /api/me".'
    )


class Mailbox(Entry):
    """Where mail to our own addresses can be read."""

    mailpit: OpenUrl = Field(description="The address of a Mailpit.")


class Reset(Entry):
    """How a forgotten password is reset."""

    method: Method = Field(default="POST", description="The HTTP method.")
    url: OpenAddress = Field(description="Where it goes.")
    body: Body = Field(description="The body, with {mail} or {username}.")
    mailbox: Mailbox | None = Field(default=None, description="Where the reset mail arrives.")


class PasswordChange(Entry):
    """How a password is changed."""

    method: Method = Field(default="POST", description="The HTTP method.")
    url: OpenAddress = Field(description="Where it goes.")
    body: Body = Field(description="The body, with {password} and {new_password}.")


class ForeignToken(Entry):
    """A token that is genuine and made for somebody else."""

    login: Plain = Field(description="Which of the logins makes it.")
    body: Body = Field(default_factory=dict, description="What differs in the login's body.")


class Tokens(Entry):
    """What is known of the tokens, so that forged ones can be judged."""

    signing_key: Secret | None = Field(default=None, description="The key that signs them.")
    public_key: Plain | None = Field(
        default=None, description="Path, URL or file of the JWKS or PEM."
    )
    issuer: Plain | None = Field(default=None, description="The iss claim.")
    audience: Plain | None = Field(default=None, description="The aud claim.")
    foreign: tuple[ForeignToken, ...] = Field(
        default=(), description="Tokens made for another audience."
    )


class Oidc(Entry):
    """The OpenID Connect client that the application is."""

    issuer: Text = Field(description="The issuer's URL.")
    client_id: Text = Field(description="The client's id.")
    redirect_uri: Text | None = Field(
        default=None, description="Where the issuer sends the user back to."
    )
