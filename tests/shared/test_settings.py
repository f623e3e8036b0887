"""A process starts with a configuration that can work, or says which variable is wrong and what it should look like."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.settings import Settings, SettingsError, Timings

ENVIRON = {
    "DATABASE_URL": "postgresql://owner:database-word@db/firstcall",
    "BROKER_URL": "redis://:broker-word@broker:6379/0",
    "MAIL_URL": "smtp://user:mail-word@relay.test:587",
    "PUBLIC_URL": "https://calls.example.com/",
    "SECRET_KEY": "secret-word-0123456789-0123456789-x",
    "SUPPRESSION_KEY": "suppression-word-0123456789-012345",
    "BOOKINGS_ADDRESS": "bookings@example.com",
    "NURTURE_ADDRESS": "letters@example.com",
    "MAIL_DOMAIN": "example.com",
}


def problems(**changes: str) -> dict[str, str]:
    """What is said of each variable when these are changed."""
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({**ENVIRON, **changes})
    first, *lines = str(refused.value).splitlines()
    assert first == "These settings are missing or wrong:"
    return dict(line.strip().split(": ", 1) for line in lines)


def test_a_whole_environment_is_taken() -> None:
    settings = Settings.from_env({**ENVIRON, "TIMING_TICK": "0.5", "TRUSTED_PROXIES": "2", "LOG_LEVEL": "DEBUG"})
    assert settings.public_url == "https://calls.example.com"
    assert (settings.timings.tick, settings.trusted_proxies, settings.log_level) == (0.5, 2, "DEBUG")


@pytest.mark.parametrize("name", sorted(ENVIRON))
def test_each_missing_variable_is_named_with_its_shape(name: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({key: value for key, value in ENVIRON.items() if key != name})
    assert f"{name}: is not set; it looks like " in str(refused.value)
    assert str(refused.value).count("\n") == 1


def test_all_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({})
    assert all(f"  {name}: " in str(refused.value) for name in ENVIRON)


@pytest.mark.parametrize(
    ("name", "value", "shape"),
    [
        ("DATABASE_URL", "mysql://db/x", "starts with postgresql:"),
        ("DATABASE_URL", "", "starts with postgresql:"),
        ("DATABASE_URL_BOOKING", "db:5432", "starts with postgresql:"),
        ("DATABASE_URL_NURTURE", "db:5432", "starts with postgresql:"),
        ("DATABASE_URL_WEBHOOKS", "db:5432", "starts with postgresql:"),
        ("BROKER_URL", "amqp://broker", "starts with redis: or rediss:"),
        ("MAIL_URL", "pigeon:loft", "maildir:var/outbox"),
        ("MAIL_URL", "maildir:", "maildir:var/outbox"),
        ("MAIL_URL", "smtp://", "smtp://user:password@host:587"),
        ("MAIL_URL", "sendgrid://@", "sendgrid://API-KEY@"),
        ("MAIL_URL", "smtp://relay.test?tls=startls", "?tls=starttls"),
        ("PUBLIC_URL", "calls.example.com", "https://calls.example.com"),
        ("PUBLIC_URL", "https://example.com/calls", "without a path"),
        ("PUBLIC_URL", "https://example.com?a=b", "without a path"),
        ("SECRET_KEY", "short", "32 random characters"),
        ("SUPPRESSION_KEY", "", "openssl rand -hex 32"),
        ("BOOKINGS_ADDRESS", "bookings", "bookings@example.com"),
        ("NURTURE_ADDRESS", "a b@example.com", "bookings@example.com"),
        ("MAIL_DOMAIN", "", "example.com"),
        ("MAIL_DOMAIN", "exam ple.com", "example.com"),
        ("TRUSTED_PROXIES", "many", "integer"),
        ("TRUSTED_PROXIES", "99", "less than or equal to 5"),
        ("LOG_LEVEL", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("ENDPOINTS_ALLOW_PRIVATE", "perhaps", "boolean"),
        ("TIMING_TICK", "soon", "number"),
        ("TIMING_MAIL_BACKOFF", "0", "greater than 0"),
    ],
)
def test_each_wrong_variable_is_named_with_its_shape(name: str, value: str, shape: str) -> None:
    found = problems(**{name: value})
    assert set(found) == {name}
    assert shape in found[name]


def test_wrong_missing_and_unreadable_variables_are_told_together(tmp_path: Path) -> None:
    environ = {key: value for key, value in ENVIRON.items() if key not in ("BROKER_URL", "SECRET_KEY")}
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({**environ, "SECRET_KEY_FILE": str(tmp_path / "gone"), "TIMING_TICK": "x"})
    names = [line.split(":")[0].strip() for line in str(refused.value).splitlines()[1:]]
    assert names == ["SECRET_KEY_FILE", "BROKER_URL", "TIMING_TICK"]


@pytest.mark.parametrize("deadline", ["TIMING_MAIL_DEADLINE", "TIMING_DELIVERY_DEADLINE"])
@pytest.mark.parametrize("seconds", ["30", "45"])
def test_a_deadline_of_half_the_lease_or_more_is_refused(deadline: str, seconds: str) -> None:
    """ADR 2 promises it: a worker must not act on a lease that it has lost."""
    lease = deadline.replace("DEADLINE", "LEASE")
    assert problems(**{deadline: seconds}) == {deadline: f"{seconds} s is not less than half of {lease} (60 s)"}
    assert Settings.from_env({**ENVIRON, deadline: "29"}).timings.mail_lease == 60


def test_a_shortened_lease_is_held_against_the_deadline_that_nobody_set() -> None:
    assert set(problems(TIMING_MAIL_LEASE="40")) == {"TIMING_MAIL_DEADLINE"}
    with pytest.raises(ValidationError):
        Timings(delivery_lease=30)


def test_a_variable_can_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("key-from-a-file-0123456789-01234567\n", encoding="utf-8")
    environ = {key: value for key, value in ENVIRON.items() if key != "SECRET_KEY"}
    settings = Settings.from_env({**environ, "SECRET_KEY_FILE": str(path)})
    assert settings.secret_key == "key-from-a-file-0123456789-01234567"


def test_what_a_file_holds_is_judged_like_a_variable(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("short", encoding="utf-8")
    environ = {key: value for key, value in ENVIRON.items() if key != "SECRET_KEY"}
    with pytest.raises(SettingsError, match="SECRET_KEY: is too short"):
        Settings.from_env({**environ, "SECRET_KEY_FILE": str(path)})


@pytest.mark.parametrize("show", [repr, str])
def test_no_secret_is_ever_shown(show: object) -> None:
    given = {"SECRET_KEY_OLD": "old-word", "DATABASE_URL_BOOKING": "postgresql://booking:booking-word@db/x"}
    settings = Settings.from_env({**ENVIRON, **given})
    shown = show(settings)  # type: ignore[operator]  # repr or str
    for word in ("database-word", "broker-word", "mail-word", "secret-word", "suppression-word", "old-word"):
        assert word not in shown
    assert "booking-word" not in shown
    assert "calls.example.com" in shown


def test_a_refusal_does_not_tell_the_secret() -> None:
    assert "half-a-secret" not in str(problems(SECRET_KEY="half-a-secret"))
    assert "mail-word" not in str(problems(MAIL_URL="smtp://user:mail-word@relay.test?tls=x"))


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = Settings.from_env(ENVIRON)
    with pytest.raises(ValidationError):
        settings.secret_key = "another"  # type: ignore[misc]  # that it is refused is the point


def test_a_service_uses_its_own_login_when_it_is_given_one() -> None:
    own = "postgresql://booking:word@db/x"
    settings = Settings.from_env({**ENVIRON, "DATABASE_URL_BOOKING": own})
    assert settings.database_of("booking") == own
    assert settings.database_of("nurture").startswith("postgresql+psycopg://firstcall_nurture:")
    derived = {settings.database_of(service) for service in ("booking", "nurture", "webhooks")}
    assert len(derived) == 3
    assert not any("database-word" in url for url in derived)
