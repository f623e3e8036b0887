"""The trail of what was changed: whatever the advisor, a program or a command changes leaves one line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from services.booking.usecases.ask import ask_by_contact, ask_for_mentorship
from services.booking.usecases.audit import note
from services.booking.usecases.sign_in import make_token
from services.webhooks.usecases.endpoints import ENDPOINT_SECRETS, add_endpoint, remove_endpoint
from shared.clock import machine_now
from shared.security import cipher
from tests.booking.calls import booked
from tests.browsing import opened, send
from tests.builders import a_question, a_wish_for_mentorship
from tests.furnished import NORA, signed_in
from tests.installation import START, Installation


@pytest.fixture
def reader(house: Installation) -> dict[str, str]:
    with house.booking.sessions.begin() as session:
        token = make_token(session, "of a test", ("audit:read",), now=START)
    return {"Authorization": f"Bearer {token}"}


def lines(house: Installation, most: int) -> None:
    with house.booking.sessions.begin() as session:
        for number in range(most):
            note(session, NORA, "ask_answered", None, now=START + timedelta(minutes=number), detail={"number": number})
            session.flush()


def program(house: Installation) -> FlaskClient:
    return house.browser()


def test_a_line_says_what_was_before_and_what_is_now(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        ask = ask_by_contact(session, a_question(), now=START).id
    console = signed_in(house)
    send(console, "/console", action=f"/console/asks/{ask}/answered")
    assert house.rows("SELECT act, detail FROM access.audit") == [("ask_answered", {"state": ["open", "answered"]})]
    text = opened(console, "/console/audit").text
    assert "Noted a question as answered: Ana Lima · you State: open → answered" in text


def test_whatever_is_set_in_the_console_leaves_a_line_of_who_set_it(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        wish = ask_for_mentorship(session, a_wish_for_mentorship(), now=START).id
    console = signed_in(house)
    send(console, "/console", action=f"/console/asks/{wish}/declined")
    send(console, "/console/calendars/new/address", url="https://calendar.elsewhere.test/private/basic.ics")
    hours = "/console/hours"
    send(console, hours, new_name="Evenings")
    [(made,)] = house.rows("SELECT id FROM booking.schedule WHERE name = 'Evenings'")
    own = f"{hours}/{made}"
    send(console, own, action=f"{own}/name", name="Late")
    send(console, own, action=f"{own}/week", tuesday="20-21")
    send(console, own, action=f"{own}/dates", dates_first="2026-12-08", dates_hours="10-11")
    send(console, own, action=f"{own}/usual-dates")
    send(console, own, action=f"{own}/removal")
    send(console, hours, action="/console/away", away_first="2026-12-08")
    send(console, hours, action=f"/console/away/{only(house, 'away')}/removal")
    send(console, hours, action="/console/travel", travel_first="2026-12-08", travel_zone="Asia/Tokyo")
    send(console, hours, action=f"/console/travel/{only(house, 'travel')}/removal")
    send(console, hours, action="/console/holidays", holidays="DE")
    send(console, hours, action="/console/limits", **{"limit-calls-day": "4"})
    send(console, hours, action="/console/limits/intro", **{"limit-intro-calls-day": "2"})
    send(console, hours, action="/console/zone", zone="Europe/Lisbon")
    found = house.rows("SELECT actor, act FROM access.audit ORDER BY id")
    assert {actor for actor, _ in found} == {NORA}
    assert [act for _, act in found] == [
        *("ask_declined", "calendar_connected"),
        *("schedule_made", "schedule_renamed", "weekly_hours_set", "dates_set", "dates_cleared", "schedule_deleted"),
        *("away_added", "away_removed", "travel_added", "travel_removed"),
        *("holidays_set", "limits_set", "limits_set", "zone_set"),
    ]


def only(house: Installation, table: str) -> str:
    [(found,)] = house.rows(f"SELECT id FROM booking.{table}")
    return str(found)


def told(house: Installation) -> list[str]:
    """The lines of the console's page, newest first, without their times."""
    page = opened(signed_in(house), "/console/audit")
    return [" ".join(line.get_text(" ").split()) for line in page.soup.select(".story > li > div")]


def noted(house: Installation, act: str, detail: dict[str, Any], subject: UUID | None = None, by: str = NORA) -> None:
    with house.booking.sessions.begin() as session:
        note(session, by, act, subject, now=START, detail=detail)


def test_a_change_is_told_in_words_that_people_write(house: Installation) -> None:
    before = [{"key": "worth", "label": "What for?", "required": True}]
    after = [*before, {"key": "people", "label": "How many?", "required": False}]
    detail = {
        "questions": [before, after],
        "is_read": [False, True],
        "label": ["", "phone"],
        "first_date": ["2026-12-24", None],
        "confirmation": ["none", "always"],
    }
    noted(house, "call_type_changed", detail)
    noted(house, "away_added", {"away_added": ["", "2026-12-24 to 2026-12-31"]})
    noted(
        house,
        "weekly_hours_set",
        {"weekly_hours_set": ["1 09:00-17:00, 2 09:00-12:00, 2 14:00-18:00", "1 09:00-17:00"]},
    )
    noted(house, "limits_set", {"limits_set": ["1 calls a day, 60 minutes a week", ""]})
    noted(house, "times_offered", {"starts": ["2026-12-08T09:00:00Z", "2026-12-08T22:00:00Z"], "call_type": "intro"})
    noted(house, "token_made", {"scopes": ["audit:read", "calls:write"]}, by="the command line")
    changed = (
        "Changed a call type · you What changed What it is for: phone It makes you busy: no → yes"
        " Questions: What for? → What for? · How many? First date: 24 December 2026 → –"
        " Ask me before it counts: never → always"
    )
    assert told(house) == [
        "Made an API token · the command line It may: audit:read · calls:write",
        "Answered with times · you Times: Tue 8 Dec 2026, 10:00 · Tue 8 Dec 2026, 23:00 Call type: Intro call",
        "Changed the limits · you one call a day, 60 minutes a week → –",
        "Changed the weekly hours · you Tue: 09:00-12:00, 14:00-18:00 → closed",
        "Went out of office · you 24 December 2026 to 31 December 2026",
        changed,
    ]


def test_a_line_names_what_it_is_about_and_leads_to_it_and_folds_what_is_long(house: Installation) -> None:
    call = booked(house)
    [(intro,)] = house.rows("SELECT id FROM booking.call_type WHERE slug = 'intro'")
    noted(house, "call_moved", {"start": ["2026-12-08T09:00:00Z", "2026-12-08T11:00:00Z"]}, call.id, "kim@advisor.test")
    noted(house, "call_type_changed", {"headline": ["x" * 100, "y" * 100]}, intro, "a program: of the CRM")
    noted(house, "schedule_deleted", {"schedule_deleted": ["Evenings", ""]}, uuid4())
    page = opened(signed_in(house), "/console/audit")
    gone, changed, moved = (" ".join(line.get_text(" ").split()) for line in page.soup.select(".story > li > div"))
    assert moved == "Moved a call: Ana Lima · kim@advisor.test Time: Tue 8 Dec 2026, 10:00 → Tue 8 Dec 2026, 12:00"
    assert changed.startswith("Changed a call type: Intro call · a program: of the CRM What changed")
    assert gone == "Deleted a schedule · you Evenings → –"
    assert page.links("/console/calls/") == [f"/console/calls/{call.id}"]
    assert page.links("/console/call-types/") == ["/console/call-types/intro"]
    [folded] = page.soup.select("details li")
    assert folded.get_text() == f"What they get: {'x' * 100} → {'y' * 100}"


def test_a_token_and_an_endpoint_leave_their_lines(house: Installation, reader: dict[str, str]) -> None:
    with house.webhooks.sessions.begin() as session:
        secrets = cipher(house.settings, ENDPOINT_SECRETS)
        url = "https://crm.advisor.test/hook?key=secret"
        endpoint, secret = add_endpoint(session, url, [], cipher=secrets, machine=machine_now(), now=START)
    with house.webhooks.sessions.begin() as session:
        assert remove_endpoint(session, endpoint.id, now=START)
    house.work()
    found = program(house).get("/api/v1/audit", headers=reader).get_json()["items"]
    assert [(line["actor"], line["act"], line["detail"]) for line in found] == [
        ("a program", "endpoint_removed", {"host": "crm.advisor.test"}),
        ("a program", "endpoint_added", {"host": "crm.advisor.test"}),
        ("the command line", "token_made", {"label": "of a test", "scopes": ["audit:read"]}),
    ]
    assert secret not in str(found)


def test_the_trail_is_read_page_by_page_newest_first(house: Installation, reader: dict[str, str]) -> None:
    lines(house, 5)
    numbers, after = [], ""
    while True:
        page = program(house).get(f"/api/v1/audit?limit=2{after}", headers=reader).get_json()
        numbers += [line["detail"].get("number") for line in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert numbers == [4, 3, 2, 1, 0, None]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "after=x"])
def test_a_page_that_cannot_be_is_refused(house: Installation, reader: dict[str, str], query: str) -> None:
    assert program(house).get(f"/api/v1/audit?{query}", headers=reader).status_code == 422


def test_the_console_shows_older_lines_on_the_next_page(house: Installation) -> None:
    lines(house, 51)
    console = signed_in(house)
    first = opened(console, "/console/audit")
    [older] = first.links("/console/audit?after=")
    assert "number: 50" in first.text
    assert "number: 0" not in first.text.replace("number: 0 ", "")
    assert opened(console, older).text.count("number: 0") == 1
    assert opened(console, "/console/audit?after=nonsense").status == 200


def test_a_line_cannot_be_changed_by_the_service_that_wrote_it(house: Installation) -> None:
    from tests.shared.test_logins import may

    for what in ("actor = ''", "act = ''", "subject = NULL", "at = at"):
        assert not may(house, "booking", f"UPDATE access.audit SET {what}")
    assert not may(house, "nurture", "UPDATE nurture.consent SET state = 'given'")
    assert not may(house, "nurture", "DELETE FROM nurture.consent")
    assert not may(house, "nurture", "DELETE FROM nurture.suppression")
