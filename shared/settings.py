"""The configuration of one process: read once from the environment, checked, frozen.

Every variable is the upper-case name of a field and may come from a file instead (`SECRET_KEY_FILE=/run/secrets/key`).
Whatever is missing or wrong is reported together, each with the variable's name and what it should look like; a
process that starts has a configuration that can work. See docs/guides/settings.md for the operator's view.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

ServiceName = Literal["booking", "nurture", "webhooks"]
SERVICES: tuple[ServiceName, ...] = ("booking", "nurture", "webhooks")


class SettingsError(Exception):
    """The environment cannot be used as it is. The text names every wrong variable and what it should look like."""


def _url_of(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        if urlsplit(value).scheme.split("+")[0] not in schemes:
            raise ValueError(f"starts with {' or '.join(s + ':' for s in schemes)}")
        return value

    return AfterValidator(check)


def _mail_url(value: str) -> str:
    parts = urlsplit(value)
    shapes = {
        "maildir": value != "maildir:",
        "smtp": bool(parts.hostname),
        "smtps": bool(parts.hostname),
        "sendgrid": bool(parts.netloc.rstrip("@")),
    }
    if not shapes.get(parts.scheme):
        raise ValueError(f"looks like {MAIL_SHAPES}")
    # A misspelt `tls` must not mean "none".
    if parts.scheme == "smtp" and parse_qs(parts.query).get("tls", ["none"])[0] not in ("none", "starttls"):
        raise ValueError("ends with ?tls=starttls, ?tls=none or neither")
    return value


def _public_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
        raise ValueError("looks like https://calls.example.com, without a path")
    return value.rstrip("/")


def _address(value: str) -> str:
    local, _, domain = value.partition("@")
    if not local or "." not in domain or any(c.isspace() for c in value):
        raise ValueError("looks like bookings@example.com")
    return value


def _domain(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", value):
        raise ValueError("looks like example.com")
    return value


RANDOM = "32 random characters or more, for example from `openssl rand -hex 32`"
MAIL_SHAPES = "maildir:var/outbox, smtp://user:password@host:587 or sendgrid://API-KEY@"

# What stands in an address that logs in, or signs, is never shown: settings may end up in a traceback.
Postgres = Annotated[str, _url_of("postgresql")]
Secret = Annotated[str, Field(min_length=32, repr=False)]
Days = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
Address = Annotated[str, AfterValidator(_address)]


class Timings(BaseModel):
    """Machine-time limits in seconds. They are settings so that tests can shrink them, never to tune a busy day."""

    # Defaults are checked too: a lease that was shortened must still fit the deadline that was not.
    model_config = ConfigDict(frozen=True, validate_default=True)

    # A claimed mail whose worker died is queued again after the lease. It must outlast rendering one batch.
    mail_lease: Seconds = 60
    # The longest one transport call may take. Below half the lease, so no worker acts on a lease it has lost (ADR 2).
    mail_deadline: Seconds = 20
    # How long the provider's own event may settle an ambiguous send before its class decides (nurture.md §2.1).
    mail_unknown_window: Seconds = 900
    # First pause after a surely-not-sent failure; doubled each time, up to an hour.
    mail_backoff: Seconds = 5
    inbox_backoff: Seconds = 5
    # How long a time is kept for whoever fills in the form.
    hold: Seconds = 300
    delivery_lease: Seconds = 60
    delivery_deadline: Seconds = 15
    # All requests that one reading of a calendar needs; the first one of a large calendar may need a hundred.
    calendar_lease: Seconds = 180
    calendar_deadline: Seconds = 60
    # How often a calendar is read when nobody opens a page. Also how old a busy time is at most, on a good day.
    calendar_every: Seconds = 300
    # The same for a feed, which is fetched whole and is published with a delay of its own anyway.
    calendar_feed_every: Seconds = 900
    # First pause after a call could not be written into a calendar; doubled each time, up to an hour.
    calendar_backoff: Seconds = 5
    tick: Seconds = 1
    web_broker_timeout: Seconds = 0.5

    @field_validator("mail_deadline", "delivery_deadline", "calendar_deadline")
    @classmethod
    def _within_half_the_lease(cls, deadline: float, info: ValidationInfo) -> float:
        lease_name = str(info.field_name).replace("_deadline", "_lease")
        lease = info.data.get(lease_name)
        if lease is not None and deadline >= lease / 2:
            raise ValueError(f"{deadline:g} s is not less than half of TIMING_{lease_name.upper()} ({lease:g} s)")
        return deadline


class Keep(BaseModel):
    """How many days things are kept, after which a sweep lets go of them (ADR 10)."""

    model_config = ConfigDict(frozen=True)

    # What mails said, once they have ended; what was delivered to endpoints.
    bodies_days: Days = 90
    # What providers posted, as it came.
    raw_days: Days = 90
    attempts_days: Days = 30
    # Handled events between our own services.
    events_days: Days = 14
    audit_days: Days = 730
    # People whom nobody has heard of: their asks, calls, letters, everything.
    people_days: Days = 730


class Settings(BaseModel):
    """What a process knows about where it runs. Fields without a default are required."""

    model_config = ConfigDict(frozen=True)

    database_url: Postgres = Field(repr=False, description="postgresql://user:password@host/database")
    database_url_booking: Postgres | Literal[""] = Field("", repr=False)
    database_url_nurture: Postgres | Literal[""] = Field("", repr=False)
    database_url_webhooks: Postgres | Literal[""] = Field("", repr=False)
    broker_url: Annotated[str, _url_of("redis", "rediss"), Field(repr=False, description="redis://host:6379/0")]
    mail_url: Annotated[str, AfterValidator(_mail_url), Field(repr=False, description=MAIL_SHAPES)]
    public_url: Annotated[str, AfterValidator(_public_url), Field(description="https://calls.example.com")]
    secret_key: Secret = Field(description=RANDOM)
    secret_key_old: Annotated[str, Field(repr=False)] = ""
    # Not derived from SECRET_KEY: a rotated key must never make the suppression list forget somebody.
    suppression_key: Secret = Field(description=RANDOM)
    bookings_address: Address = Field(description="bookings@example.com")
    nurture_address: Address = Field(description="letters@example.com")
    mail_domain: Annotated[str, AfterValidator(_domain), Field(description="example.com")]
    sendgrid_event_key: str = ""
    sendgrid_api_url: str = "https://api.sendgrid.com"
    sendgrid_smtp: str = "smtp.sendgrid.net:587"
    # How many proxies in front may be believed about the client's address. 0: none.
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    # PBKDF2 iterations of one try at a form's proof of work; a browser needs 256 tries on average (ADR 9).
    proof_cost: Annotated[int, Field(ge=1, le=100_000)] = 1000
    # How many forms and calls without a proof are taken: of one address of the network, and of all together.
    unproven_per_ten_minutes: Annotated[int, Field(ge=0)] = 60
    unproven_per_hour: Annotated[int, Field(ge=0)] = 1000
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    # Outward deliveries to addresses of this machine or network. Only for trying things out.
    endpoints_allow_private: bool = False
    # Calendars at addresses of this machine or network, where a Nextcloud or Radicale of one's own often is.
    calendars_allow_private: bool = False
    timings: Timings = Timings()
    keep: Keep = Keep()

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings of this process.

        Raises `SettingsError` naming every variable that is missing or wrong.
        """
        values, unreadable = _values(environ)
        try:
            found = cls.model_validate({**values, **{group: _group(environ, group) for group in _GROUPS}})
        except ValidationError as error:
            raise SettingsError(_report([*unreadable, *_wrong(error, besides=unreadable)])) from None
        if unreadable:
            raise SettingsError(_report(unreadable))
        return found

    def database_of(self, service: ServiceName) -> str:
        """The service's own login when it was given, else the owner's address with the derived login."""
        from shared.db import derived_url

        given = {"booking": self.database_url_booking, "nurture": self.database_url_nurture}.get(
            service, self.database_url_webhooks
        )
        return given or derived_url(self, service)


# A variable and what is wrong with it.
Wrong = tuple[str, str]


# Settings that belong together: how their variables begin, and what there is.
_GROUPS: dict[str, tuple[str, type[BaseModel]]] = {"timings": ("TIMING", Timings), "keep": ("KEEP", Keep)}


def _group(environ: Mapping[str, str], group: str) -> dict[str, str]:
    beginning, fields = _GROUPS[group]
    names = {name: f"{beginning}_{name.upper()}" for name in fields.model_fields}
    return {name: environ[variable] for name, variable in names.items() if variable in environ}


def _values(environ: Mapping[str, str]) -> tuple[dict[str, str], list[Wrong]]:
    """What is set, by field, and the files that were named and cannot be read."""
    values, unreadable = {}, []
    for name in Settings.model_fields.keys() - _GROUPS.keys():
        variable = name.upper()
        if variable in environ:
            values[name] = environ[variable]
        elif (path := environ.get(f"{variable}_FILE")) is not None:
            try:
                values[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                unreadable.append((f"{variable}_FILE", f"{path} cannot be read ({type(error).__name__})"))
    return values, unreadable


def _wrong(error: ValidationError, *, besides: list[Wrong]) -> list[Wrong]:
    """What pydantic found, by variable; without what is only missing because its file could not be read."""
    known = {variable.removesuffix("_FILE") for variable, _ in besides}
    # `loc` goes on with the branch of a union, which says nothing to an operator.
    found = {_variable(problem["loc"]): _explain(problem) for problem in reversed(error.errors())}
    return [(variable, why) for variable, why in reversed(found.items()) if variable not in known]


def _variable(loc: tuple[int | str, ...]) -> str:
    group = _GROUPS.get(str(loc[0]))
    return f"{group[0]}_{loc[1]}".upper() if group else str(loc[0]).upper()


def _report(problems: list[Wrong]) -> str:
    lines = [f"  {variable}: {why}" for variable, why in problems]
    return "\n".join(["These settings are missing or wrong:", *lines])


def _explain(problem: ErrorDetails) -> str:
    shape = Settings.model_fields[str(problem["loc"][0])].description
    if problem["type"] == "missing":
        return f"is not set; it looks like {shape}"
    if problem["type"] == "string_too_short":
        return f"is too short; {shape}"
    return problem["msg"].removeprefix("Value error, ")
