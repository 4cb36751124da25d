"""What a deployment promises. An unset key means the check's own default."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from scanner.targets.entry import Entry
from scanner.targets.kinds import (
    Cookie,
    Count,
    Flag,
    Glob,
    Header,
    Method,
    Origin,
    Port,
    Seconds,
    Text,
)


class ExpectCors(Entry):
    """Who may read answers across origins."""

    origins: tuple[Origin, ...] = Field(default=(), description="The origins that are allowed.")
    credentials: Flag | None = Field(default=None, description="Whether they may send cookies.")


class ExpectTls(Entry):
    """How connections are encrypted."""

    minimum: Literal["1.0", "1.1", "1.2", "1.3"] = Field(
        default="1.2", description='The oldest version that is accepted, in quotes: "1.2".'
    )


class RateLimit(Entry):
    """A limit on how often something may be asked."""

    method: Method = Field(default="GET", description="The HTTP method.")
    path: Glob = Field(description="The path.")
    limit: Count = Field(description="How many requests.")
    per: Seconds = Field(default=60.0, description="In which time, in seconds or as 1m.")
    counts: tuple[Literal["address", "account"], ...] = Field(
        default=("address",), description="What it counts by: address, account."
    )


class Lockout(Entry):
    """When an account is locked."""

    after: Count = Field(description="After how many wrong passwords.")
    minutes: Count | None = Field(default=None, description="For how many minutes.")


class ExpectTokens(Entry):
    """What tokens look like."""

    access_lifetime: Seconds | None = Field(default=None, description="The longest life: 15m.")
    algorithms: tuple[Text, ...] = Field(
        default=(), description="The algorithms that are accepted."
    )


class ExpectCookie(Entry):
    """What one cookie looks like."""

    samesite: Literal["lax", "strict", "none"] | None = Field(
        default=None, description="Its SameSite attribute."
    )


class Passwords(Entry):
    """Which passwords are accepted."""

    min_length: Count | None = Field(default=None, description="The shortest that is accepted.")
    max_length: Count | None = Field(default=None, description="The longest that must be accepted.")
    blocklist: Flag | None = Field(
        default=None, description="Whether common passwords are refused."
    )


class ExpectPresign(Entry):
    """What presigned links look like."""

    lifetime: Seconds | None = Field(default=None, description="The longest life: 15m.")
    once: Flag | None = Field(default=None, description="Whether a link works only once.")


class Mfa(Entry):
    """Who needs a second factor."""

    roles: tuple[Text, ...] = Field(description="The roles that need one.")


class Expect(Entry):
    """What this deployment promises."""

    cors: ExpectCors | None = Field(
        default=None, description="Who may read answers across origins."
    )
    tls: ExpectTls | None = Field(default=None, description="The oldest TLS version.")
    rate_limits: tuple[RateLimit, ...] = Field(
        default=(), description="How often things may be asked."
    )
    lockout: Lockout | None = Field(default=None, description="When an account is locked.")
    tokens: ExpectTokens | None = Field(
        default=None, description="Lifetime and algorithms of tokens."
    )
    cookies: dict[Cookie, ExpectCookie] = Field(
        default_factory=dict, description="Attributes by the cookie's name."
    )
    passwords: Passwords | None = Field(default=None, description="Which passwords are accepted.")
    headers: dict[Header, Text] = Field(
        default_factory=dict,
        description="Response headers: a value, or `required`.",
    )
    presign: ExpectPresign | None = Field(
        default=None, description="What presigned links look like."
    )
    mfa: Mfa | None = Field(default=None, description="Who needs a second factor.")
    ports: tuple[Port, ...] | None = Field(default=None, description="The ports that may be open.")
