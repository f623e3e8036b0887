"""Routes: each states who may call it, and what it states is what happens."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import Rule

from deploy.routes import service_for
from services.booking.app import create_app as booking_app
from services.booking.usecases.sign_in import SCOPES, make_token
from services.nurture.app import create_app as nurture_app
from services.webhooks.app import create_app as webhooks_app
from shared.settings import SERVICES, ServiceName
from shared.web.guards import Guard
from tests.installation import Installation

# Files that are the same for everybody: the only endpoints that no guard stands before.
FILES = {"static", "ui.static"}
READS = {"GET", "HEAD", "OPTIONS"}


@pytest.fixture
def apps(installation: Installation) -> dict[ServiceName, Flask]:
    """The web services as they run."""
    return {
        "booking": booking_app(installation.booking),
        "nurture": nurture_app(installation.nurture),
        "webhooks": webhooks_app(installation.webhooks),
    }


def guard_of(app: Flask, rule: Rule) -> Guard | None:
    guard = getattr(app.view_functions[rule.endpoint], "guard", None)
    assert guard is None or isinstance(guard, Guard)
    return guard


def routes(apps: dict[ServiceName, Flask]) -> Iterator[tuple[Flask, Rule, Guard | None]]:
    """Every route of the three, with what it states."""
    for app in apps.values():
        for rule in app.url_map.iter_rules():
            if rule.endpoint not in FILES:
                yield app, rule, guard_of(app, rule)


def path_of(rule: Rule) -> str:
    """An address of this route, with something made up in each place."""
    made_up = {name: UUID(int=1) if "uuid" in str(rule) else "made-up" for name in rule.arguments}
    address = str(rule)
    for name, value in made_up.items():
        for place in (f"<uuid:{name}>", f"<{name}>", f"<path:{name}>"):
            address = address.replace(place, str(value))
    assert "<" not in address, rule
    return address


def method_of(rule: Rule) -> str:
    return next(iter(sorted((rule.methods or set()) - READS)), "GET")


def test_every_route_states_its_guard(apps: dict[ServiceName, Flask]) -> None:
    assert [str(rule) for _, rule, guard in routes(apps) if guard is None] == []
    assert len(list(routes(apps))) > 40


def test_only_files_are_let_by_without_a_guard(apps: dict[ServiceName, Flask]) -> None:
    let_by = {
        rule.endpoint for app in apps.values() for rule in app.url_map.iter_rules() if rule.endpoint.endswith("static")
    }
    assert let_by == FILES


def test_a_route_that_forgot_its_guard_is_shut(apps: dict[ServiceName, Flask]) -> None:
    apps["booking"].add_url_rule("/forgotten", "forgotten", lambda: "secret")
    answer = apps["booking"].test_client().get("/forgotten")
    assert answer.status_code == 500
    assert b"secret" not in answer.data


def test_what_changes_something_is_never_open(apps: dict[ServiceName, Flask]) -> None:
    changing = [(rule, guard) for _, rule, guard in routes(apps) if (rule.methods or set()) - READS]
    assert [str(rule) for rule, guard in changing if guard is None or guard.kind == "open"] == []
    assert len(changing) > 15


def test_whoever_may_change_something_without_signing_in_is_limited(apps: dict[ServiceName, Flask]) -> None:
    for _, rule, guard in routes(apps):
        assert guard is not None
        if guard.kind in ("form", "api", "signed"):
            assert guard.limit is not None, rule
            assert guard.limit.most > 0, rule


def test_every_page_of_the_console_asks_for_a_session(apps: dict[ServiceName, Flask]) -> None:
    pages = [(app, rule, guard) for app, rule, guard in routes(apps) if str(rule).startswith("/console")]
    assert {str(rule) for _, rule, guard in pages if guard and guard.kind != "console"} == {"/console/signin"}
    for app, rule, guard in pages:
        if guard and guard.kind == "console":
            for method in (rule.methods or set()) - {"OPTIONS"}:
                answer = app.test_client().open(path_of(rule), method=method)
                assert answer.status_code == 303, (method, rule)
                assert answer.headers["Location"].startswith("/console/signin?next=/console"), rule
    assert len(pages) >= 9


def test_every_change_in_the_console_asks_for_our_own_form(apps: dict[ServiceName, Flask], house: Installation) -> None:
    from services.booking.usecases.set_up import open_console
    from services.booking.usecases.sign_in import sign_in
    from shared.clock import machine_now
    from shared.web.guards import SESSION_COOKIE

    with house.booking.sessions.begin() as session:
        open_console(session, "nora@advisor.test", "a first password", now=house.clock.now())
    with house.booking.sessions.begin() as session:
        cookie = sign_in(session, "nora@advisor.test", "a first password", machine=machine_now())
    browsers = {name: house.browser(name) for name in SERVICES}
    for browser in browsers.values():
        browser.set_cookie(SESSION_COOKIE, cookie, path="/console")
    assert browsers["booking"].get("/console").status_code == 200
    changing = [rule for _, rule, guard in routes(apps) if guard and guard.kind == "console" and "POST" in _of(rule)]
    assert len(changing) >= 5
    for rule in changing:
        assert browsers[service_for(path_of(rule))].post(path_of(rule)).status_code == 403, rule


def test_every_form_refuses_one_that_we_did_not_show(apps: dict[ServiceName, Flask]) -> None:
    forms = [(app, rule) for app, rule, guard in routes(apps) if guard and guard.kind == "form"]
    for app, rule in forms:
        answer = app.test_client().post(path_of(rule), data={"csrf_token": "made-up"})
        assert answer.status_code == 403, rule
    assert len(forms) >= 6


@pytest.mark.parametrize("header", [None, "Bearer made-up", "Bearer ", "Basic bm9ib2R5", "Bearer fc_é"])
def test_what_needs_a_scope_refuses_everybody_without_a_token(
    apps: dict[ServiceName, Flask], header: str | None
) -> None:
    headers = {"Authorization": header} if header else {}
    for app, rule, _ in _scoped(apps):
        answer = app.test_client().open(path_of(rule), method=method_of(rule), headers=headers, json={})
        assert answer.status_code == 401, (rule, header)
        assert answer.content_type == "application/problem+json"


def test_what_needs_a_scope_refuses_every_other_scope(
    apps: dict[ServiceName, Flask], installation: Installation
) -> None:
    scoped = list(_scoped(apps))
    assert len(scoped) >= 3
    for app, rule, scope in scoped:
        others = tuple(other for other in SCOPES if other != scope)
        with installation.booking.sessions.begin() as session:
            token = make_token(session, "all but one", others, now=installation.clock.now())
        headers = {"Authorization": f"Bearer {token}"}
        answer = app.test_client().open(path_of(rule), method=method_of(rule), headers=headers, json={})
        assert answer.status_code == 403, rule
        assert scope in answer.get_json()["detail"]


def test_every_scope_that_a_route_asks_for_can_be_given(apps: dict[ServiceName, Flask]) -> None:
    assert {scope for _, _, scope in _scoped(apps)} <= set(SCOPES)


def test_what_a_provider_sends_is_refused_without_its_signature(apps: dict[ServiceName, Flask]) -> None:
    for app, rule, guard in routes(apps):
        if guard and guard.kind == "signed":
            answer = app.test_client().open(path_of(rule), method=method_of(rule), data=b"[]")
            assert answer.status_code in (403, 404, 503), rule


def test_every_route_is_reached_under_its_own_address(apps: dict[ServiceName, Flask]) -> None:
    shared_by_all = ("/healthz", "/readyz", "/metrics", "/static/ui/")
    for name in SERVICES:
        for rule in apps[name].url_map.iter_rules():
            if not str(rule).startswith(shared_by_all):
                assert service_for(path_of(rule)) == name, rule


def _of(rule: Rule) -> set[str]:
    return set(rule.methods or ())


def _scoped(apps: dict[ServiceName, Flask]) -> Iterator[tuple[Flask, Rule, str]]:
    for app, rule, guard in routes(apps):
        if guard and guard.kind == "api" and guard.scope is not None:
            yield app, rule, guard.scope
