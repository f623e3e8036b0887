"""The API held against its own document: whatever a program sends, the answer is one that the document tells of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from deploy.openapi import document as openapi_document
from deploy.routes import service_for
from services.booking.usecases.sign_in import SCOPES, make_token
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


OPERATIONS = sorted(
    (path, method) for path, item in openapi_document()["paths"].items() for method in item if method != "parameters"
)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_one_that_the_document_tells_of(
    document: schemathesis.BaseSchema, bearer: dict[str, str], path: str, method: str
) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=document[path][method.upper()].as_strategy())
    def holds(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers=bearer, excluded_checks=NOT_HERE)

    holds()
