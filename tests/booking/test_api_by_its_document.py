"""The API held against its own document: whatever a program sends, the answer is one that the document tells of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from deploy.openapi import document as openapi_document
from deploy.routes import service_for
from services.booking.domain.requests import GuestRequest
from services.booking.domain.rules import Dates, Stay
from services.booking.usecases.absences import add_away, add_travel
from services.booking.usecases.blocklist import block
from services.booking.usecases.calls import guests_of
from services.booking.usecases.feeds import make_feed
from services.booking.usecases.hours import create_schedule
from services.booking.usecases.links import make_link
from services.booking.usecases.propose import take_counter
from services.booking.usecases.sign_in import SCOPES, make_token
from tests.booking.calls import asked, booked
from tests.installation import START, Installation

# Data that the document calls right may still be refused (a time that is not free, a zone that does not exist), and
# data that it calls wrong may be right (types are wide where a person's words explain what is wrong): domain rules are
# told by 4xx and tested by name elsewhere.
NOT_HERE: list[schemathesis.CheckFunction] = [positive_data_acceptance, negative_data_rejection]


class ThreeServices(Flask):
    """The services behind one address, told apart by path as the gateway does."""

    def __init__(self, house: Installation) -> None:
        super().__init__("three-services")
        self.apps: dict[str, Any] = {
            name: house.browser(name).application for name in ("booking", "nurture", "webhooks")
        }

    def wsgi_app(self, environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The answer of the service whose path it is."""
        app = self.apps[service_for(environ["PATH_INFO"])]
        answer: Iterable[bytes] = app(environ, start_response)
        return answer


@pytest.fixture(scope="module")
def document(quiet_house: Installation) -> schemathesis.BaseSchema:
    """The document as a program gets it, and the services that it is about."""
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", ThreeServices(quiet_house))


@pytest.fixture(scope="module")
def bearer(quiet_house: Installation) -> dict[str, str]:
    """A token that may do everything."""
    with quiet_house.booking.sessions.begin() as session:
        return {"Authorization": f"Bearer {make_token(session, 'of a test', SCOPES, now=START)}"}


@pytest.fixture(scope="module")
def known(quiet_house: Installation) -> dict[str, str]:
    """What the places in paths can name: a call with a guest and a counter, an ask, a schedule and so on."""
    call, ask = (
        booked(quiet_house, guests=(GuestRequest("", "ben@reader.test", "ben@reader.test"),)),
        asked(quiet_house),
    )
    with quiet_house.booking.sessions.begin() as session:
        end = call.ends_at + timedelta(hours=2)
        counter = take_counter(session, call.id, call.starts_at, end, sequence=0, message="", now=START)
        made = {
            "slug": "intro",
            "token": call.token,
            "call_id": call.id,
            "ask_id": ask,
            "guest_id": guests_of(session, call)[0].id,
            "proposal_id": counter.id if counter else None,
            "schedule_id": create_schedule(session, "Evenings", now=START),
            "link_id": make_link(session, call.call_type_id, label="", most_uses=1, expires_at=None, now=START).id,
            "feed_id": make_feed(session, "calls", "", now=START).id,
            "blocked_id": block(session, "@blocked.test", "", actor="", now=START).id,
            "absence_id": add_away(session, Dates(date(2027, 1, 4), date(2027, 1, 5)), "", now=START),
            "stay_id": add_travel(session, Stay(date(2027, 2, 1), date(2027, 2, 5), "Asia/Tokyo"), now=START),
        }
    return {name: str(value) for name, value in made.items()}


OPERATIONS = sorted(
    (path, method) for path, item in openapi_document()["paths"].items() for method in item if method != "parameters"
)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_one_that_the_document_tells_of(
    document: schemathesis.BaseSchema, bearer: dict[str, str], known: dict[str, str], path: str, method: str
) -> None:
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=document[path][method.upper()].as_strategy(), there=st.booleans())
    def holds(case: schemathesis.Case[Any], there: bool) -> None:
        # Half of the time it is about something that is there.
        if there:
            case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
        case.call_and_validate(headers=bearer, excluded_checks=NOT_HERE)

    holds()
