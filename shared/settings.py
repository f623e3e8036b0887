"""The configuration of one process: read once from the environment, checked, frozen.

Every variable is the upper-case name of a field and may come from a file instead (`SECRET_KEY_FILE=/run/secrets/key`).
Whatever is missing or wrong is reported together, each with the variable's name and what it should look like; a
process that starts has a configuration that can work. See docs/guides/settings.md for the operator's view.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

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


def _public_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise ValueError("looks like https://calls.example.com, without a path")
    return value.rstrip("/")


def _address(value: str) -> str:
    local, _, domain = value.partition("@")
    if not local or "." not in domain or any(c.isspace() for c in value):
        raise ValueError("looks like bookings@example.com")
    return value


Secret = Annotated[str, Field(min_length=32, repr=False)]
Seconds = Annotated[float, Field(gt=0)]
Address = Annotated[str, AfterValidator(_address)]


class Timings(BaseModel):
    """Machine-time limits in seconds. They are settings so that tests can shrink them, never to tune a busy day."""

    model_config = ConfigDict(frozen=True)

    # A claimed mail whose worker died is queued again after the lease. It must outlast rendering one batch.
    mail_lease: Seconds = 60
    # The longest one transport call may take; below the lease of the rows it sends.
    mail_deadline: Seconds = 20
    # How long the provider's own event may settle an ambiguous send before its class decides (nurture.md §2.1).
    mail_unknown_window: Seconds = 900
    # First pause after a surely-not-sent failure; doubled each time, up to an hour.
    mail_backoff: Seconds = 5
    inbox_backoff: Seconds = 5
    delivery_lease: Seconds = 60
    delivery_deadline: Seconds = 15
    tick: Seconds = 1
    web_broker_timeout: Seconds = 0.5


class Settings(BaseModel):
    """What a process knows about where it runs. Fields without a default are required."""

    model_config = ConfigDict(frozen=True)

    database_url: Annotated[str, _url_of("postgresql")]
    database_url_booking: str = ""
    database_url_nurture: str = ""
    database_url_webhooks: str = ""
    broker_url: Annotated[str, _url_of("redis", "rediss")]
    mail_url: Annotated[str, _url_of("maildir", "smtp", "smtps", "sendgrid")]
    public_url: Annotated[str, AfterValidator(_public_url)]
    secret_key: Secret
    secret_key_old: Annotated[str, Field(repr=False)] = ""
    # Not derived from SECRET_KEY: a rotated key must never make the suppression list forget somebody.
    suppression_key: Secret
    bookings_address: Address
    nurture_address: Address
    mail_domain: str
    sendgrid_event_key: str = ""
    sendgrid_api_url: str = "https://api.sendgrid.com"
    sendgrid_smtp: str = "smtp.sendgrid.net:587"
    # How many proxies in front may be believed about the client's address. 0: none.
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    # Outward deliveries to addresses of this machine or network. Only for trying things out.
    endpoints_allow_private: bool = False
    timings: Timings = Timings()

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings of this process.

        Raises `SettingsError` naming every variable that is missing or wrong.
        """
        try:
            timings = {
                name: environ[key] for name in Timings.model_fields if (key := f"TIMING_{name.upper()}") in environ
            }
            return cls(timings=Timings(**timings), **_values(environ))
        except ValidationError as error:
            raise SettingsError(_report(error)) from None

    def database_of(self, service: ServiceName) -> str:
        """The service's own login when it was given, else the owner's address with the derived login."""
        from shared.db import derived_url

        given = {"booking": self.database_url_booking, "nurture": self.database_url_nurture}.get(
            service, self.database_url_webhooks
        )
        return given or derived_url(self, service)


def _timings(environ: Mapping[str, str]) -> dict[str, str]:
    names = {name: f"TIMING_{name.upper()}" for name in Timings.model_fields}
    return {name: environ[variable] for name, variable in names.items() if variable in environ}


def _values(environ: Mapping[str, str]) -> dict[str, Any]:
    found = {name: _read(environ, name.upper()) for name in Settings.model_fields if name != "timings"}
    return {name: value for name, value in found.items() if value is not None}


def _read(environ: Mapping[str, str], variable: str) -> str | None:
    if variable in environ:
        return environ[variable]
    path = environ.get(f"{variable}_FILE")
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{variable}_FILE: {path} cannot be read ({error})") from None


def _report(error: ValidationError) -> str:
    lines = ["These settings are missing or wrong:"]
    for problem in error.errors():
        name = "_".join(str(part) for part in problem["loc"]).upper().replace("TIMINGS_", "TIMING_")
        lines.append(f"  {name}: {_explain(problem['type'], problem['msg'])}")
    return "\n".join(lines)


def _explain(kind: str, message: str) -> str:
    if kind == "missing":
        return "is not set"
    if kind == "string_too_short":
        return "is too short; 32 random characters or more, for example from `openssl rand -hex 32`"
    return message.removeprefix("Value error, ")
