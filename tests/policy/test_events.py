"""Events: every one is told by its emitter, heard by its listeners, and means what it meant when it was first sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.booking.usecases.feedback import handlers as booking_handlers
from services.nurture.usecases.hear import handlers as nurture_handlers
from services.webhooks import tasks as webhooks_tasks
from services.webhooks.usecases.endpoints import ENDPOINT_SECRETS, add_endpoint, delivered_events
from shared.clock import machine_now
from shared.events import Event, known_events
from shared.inbox import Handlers, publish
from shared.security import cipher
from shared.settings import SERVICES
from tests.contracts.golden import GOLDEN, golden, schema_of
from tests.installation import START, Installation, settings_for

ROOT = Path(__file__).parent.parent.parent
EVENTS = sorted(known_events())
# What is heard already and told by nobody yet: it comes out of inbound mail, which no door takes in so far.
AWAITED = {"webhooks.calendar_reply_received.v1"}


def example_of(name: str) -> Event:
    return known_events()[name].model_validate(golden(name)["example"])


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_published_by_its_own_service(name: str) -> None:
    event = known_events()[name]
    emitter = name.split(".", maxsplit=1)[0]
    assert emitter in SERVICES
    assert emitter not in event.listeners
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "services" / emitter / "usecases").glob("*.py"))
    assert any(event.__name__ in source for source in sources) != (name in AWAITED), f"who publishes {name}?"


@pytest.mark.parametrize(
    ("service", "name"),
    [(service, name) for name in EVENTS for service in known_events()[name].listeners if service != "webhooks"],
)
def test_every_listener_has_a_handler(service: str, name: str) -> None:
    settings = settings_for("postgresql://nobody/x", Path("unused"))
    tables: dict[str, Handlers] = {"booking": booking_handlers(settings), "nurture": nurture_handlers(settings)}
    assert tables[service].handles(name)


def test_every_public_event_is_delivered_outward(installation: Installation) -> None:
    secrets = cipher(installation.settings, ENDPOINT_SECRETS)
    with installation.webhooks.sessions.begin() as session:
        add_endpoint(session, "https://advisor.test/hook", [], cipher=secrets, machine=machine_now(), now=START)
    public = delivered_events()
    for name in public:
        with getattr(installation, name.split(".")[0]).sessions.begin() as session:
            publish(session, example_of(name))
    webhooks_tasks.hear(installation.webhooks)
    owed = installation.rows("SELECT event_name FROM webhooks.delivery ORDER BY event_name")
    assert [owed_name for (owed_name,) in owed] == public
    assert len(public) >= 10


def test_what_is_of_use_to_nobody_outside_stays_inside() -> None:
    assert set(EVENTS) - set(delivered_events()) == {
        "booking.erasure_asked.v1",
        "booking.profile_changed.v1",
        "nurture.person_erased.v1",
        "webhooks.calendar_reply_received.v1",
        "webhooks.endpoint_changed.v1",
        "webhooks.mail_feedback_received.v1",
    }


def test_every_contract_is_of_an_event_that_there_is() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == EVENTS


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_of_the_first_day_still_says_the_same(name: str) -> None:
    """The example is never regenerated: a field that was removed, renamed or re-typed is missed here."""
    example = golden(name)["example"]
    now = example_of(name).model_dump(mode="json")
    assert _without_the_new(now, example) == example


@pytest.mark.parametrize("name", EVENTS)
def test_the_written_schema_is_the_one_in_the_code(name: str) -> None:
    assert golden(name)["schema"] == schema_of(name), "after adding a field: python -m tests.contracts.golden"


def test_every_event_survives_an_inbox(installation: Installation) -> None:
    for name in EVENTS:
        event = example_of(name)
        [(kept,)] = installation.rows("SELECT CAST(:event AS jsonb)", event=event.model_dump_json())
        assert known_events()[name].model_validate_json(json.dumps(kept)) == event


@pytest.mark.parametrize("name", EVENTS)
def test_a_reader_drops_fields_that_it_does_not_know(name: str) -> None:
    example = golden(name)["example"]
    assert known_events()[name].model_validate({**example, "of_a_later_release": [1]}) == example_of(name)


def _without_the_new(now: object, example: object) -> object:
    """What the code says now, cut to what the example has: fields may be added."""
    if isinstance(now, dict) and isinstance(example, dict):
        return {key: _without_the_new(value, example[key]) for key, value in now.items() if key in example}
    if isinstance(now, list) and isinstance(example, list):
        return [_without_the_new(one, other) for one, other in zip(now, example, strict=True)]
    return now
