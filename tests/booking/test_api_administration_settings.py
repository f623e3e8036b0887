"""What the advisor's programs set: call types, private links, hours, absences, limits, the blocklist, feeds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.booking.calls import NIGHT, TEN, booked, of_type
from tests.booking.programs import A_CALL, Advisors, call, errors_of
from tests.installation import Installation
from tests.stored import stored


@pytest.fixture
def crm(house: Installation) -> Advisors:
    return Advisors(house)


def starts(house: Installation, day: str, slug: str = "intro", more: str = "") -> list[str]:
    answer = house.browser().get(f"/api/v1/call-types/{slug}/slots?from={day}&to={day}&timezone=Europe/Berlin{more}")
    assert answer.status_code == 200, answer.text
    return [slot["start"][11:16] for found in answer.get_json()["days"] for slot in found["slots"]]


def test_a_call_type_is_made_changed_and_switched_off(house: Installation, crm: Advisors) -> None:
    question = {"key": "size", "label": "How many people?", "kind": "number"}
    body = {"slug": "audit", "name": "Audit", "minutes": 60, "other_minutes": [90], "questions": [question]}
    made = crm.do("POST", "/settings/call-types", body)
    assert {name: made[name] for name in ("slug", "interval_minutes", "active", "schedule")} == {
        "slug": "audit",
        "interval_minutes": 60,
        "active": True,
        "schedule": None,
    }
    assert made == crm.get("/settings/call-types/audit") == crm.get("/settings/call-types")["items"][-1]
    assert starts(house, "2026-12-08", "audit", "&minutes=90")[:1] == ["08:00"]
    off = crm.do("PATCH", "/settings/call-types/audit", {"active": False, "price_text": "€ 900"})
    assert off == made | {"active": False, "price_text": "€ 900"}
    assert house.browser().get("/api/v1/call-types/audit/slots").status_code == 404
    assert crm.get("/settings/call-types")["items"][-1]["slug"] == "audit"
    assert crm.lines() == [
        ("call_type_made", {"slug": "audit"}),
        ("call_type_changed", {"active": [True, False], "price_text": ["", "€ 900"]}),
    ]


def test_a_private_link_opens_what_only_it_opens(house: Installation, crm: Advisors) -> None:
    crm.do("PATCH", "/settings/call-types/strategy", {"access": "link"})
    program = house.browser()
    assert [one["slug"] for one in program.get("/api/v1/call-types").get_json()["items"]] == ["intro", "session"]
    closed = program.get("/api/v1/call-types/strategy/slots")
    assert (closed.status_code, closed.get_json()["title"]) == (403, "By a link of its own")
    made = crm.do("POST", "/settings/call-types/strategy/links", {"label": "For Ana", "most_uses": 1})
    assert made["url"].startswith("http://firstcall.test/book/strategy?link=")
    link = made["url"].rpartition("=")[2]
    listed = program.get(f"/api/v1/call-types?link={link}").get_json()["items"]
    assert [one["slug"] for one in listed] == ["intro", "strategy", "session"]
    assert starts(house, "2026-12-08", "strategy", f"&link={link}")
    wanted = A_CALL | {"call_type": "strategy", "link": link, "start": "2026-12-08T09:00:00Z"}
    assert call(program, "/bookings", wanted | {"link": ""}).status_code == 403
    assert call(program, "/bookings", wanted).status_code == 201
    assert program.get(f"/api/v1/call-types/strategy/slots?link={link}").status_code == 409
    assert program.get("/api/v1/call-types?link=made-up").status_code == 403
    assert crm.get("/settings/call-types/strategy/links")["items"] == [made | {"uses": 1}]


def test_a_revoked_link_opens_nothing_and_links_come_page_by_page(house: Installation, crm: Advisors) -> None:
    ids = [crm.do("POST", "/settings/call-types/intro/links", {"label": str(number)})["id"] for number in range(3)]
    for _ in range(2):
        crm.do("DELETE", f"/links/{ids[0]}")
    first = crm.get("/settings/call-types/intro/links?limit=2")
    rest = crm.get(f"/settings/call-types/intro/links?limit=2&after={first['next']}")
    found = [*first["items"], *rest["items"]]
    assert [one["id"] for one in found] == ids[::-1]
    assert found[-1]["revoked_at"] == "2026-12-07T08:00:00Z"
    link = found[-1]["url"].rpartition("=")[2]
    assert house.browser().get(f"/api/v1/call-types/intro/slots?link={link}").status_code == 409
    assert [act for act, _ in crm.lines()] == ["link_made"] * 3 + ["link_revoked"]


def test_hours_and_dates_are_what_is_offered(house: Installation, crm: Advisors) -> None:
    [standard] = crm.get("/schedules")["items"]
    assert standard["standard"]
    assert standard["windows"][0] == {"day": 1, "start": "09:00", "end": "17:00", "crosses_midnight": False}
    path = f"/schedules/{standard['id']}"
    window = {"start": "23:00", "end": "24:00"}
    crm.do("PUT", f"{path}/hours", {"windows": [{"days": [2], **window}]})
    assert starts(house, "2026-12-08") == ["22:00", "22:30"]
    dates = crm.do("PUT", f"{path}/dates", {"dates": ["2026-12-08", "2026-12-09"], "windows": []})["dates"]
    assert [one["date"] for one in dates] == ["2026-12-08", "2026-12-09"]
    assert starts(house, "2026-12-08") == []
    assert len(crm.do("DELETE", f"{path}/dates/2026-12-08")["dates"]) == 1
    assert starts(house, "2026-12-08") == ["22:00", "22:30"]
    evenings = crm.do("POST", "/schedules", {"name": "Evenings"})
    crm.do("PATCH", f"/schedules/{evenings['id']}", {"name": "Nights"})
    crm.do("PATCH", "/settings/call-types/intro", {"schedule": "Nights"})
    assert starts(house, "2026-12-08") == []
    assert crm.send("DELETE", f"/schedules/{evenings['id']}").status_code == 422
    crm.do("PATCH", "/settings/call-types/intro", {"schedule": None})
    crm.do("DELETE", f"/schedules/{evenings['id']}")
    acts = ["weekly_hours_set", "dates_set", "dates_cleared", "schedule_made", "schedule_renamed"]
    assert [act for act, _ in crm.lines()] == [*acts, "call_type_changed", "call_type_changed", "schedule_deleted"]


def test_absences_and_stays_close_and_shift_what_is_offered(house: Installation, crm: Advisors) -> None:
    away = {"first_date": "2026-12-08", "last_date": "2026-12-09", "message": "At sea"}
    made = crm.do("POST", "/absences", away)
    assert crm.get("/absences")["items"] == [made | away]
    assert starts(house, "2026-12-08") == []
    crm.do("DELETE", f"/absences/{made['id']}")
    stay = {"first_date": "2026-12-08", "last_date": "2026-12-08", "zone": "Europe/Lisbon"}
    there = crm.do("POST", "/stays", stay)
    assert crm.get("/stays")["items"] == [there | stay]
    assert starts(house, "2026-12-08")[0] == "09:00"
    crm.do("DELETE", f"/stays/{there['id']}")
    assert starts(house, "2026-12-08")[0] == "08:00"
    assert [act for act, _ in crm.lines()] == ["away_added", "away_removed", "travel_added", "travel_removed"]


def test_zone_holidays_and_limits_hold_for_all(house: Installation, crm: Advisors) -> None:
    booked(house)
    assert crm.do("PUT", "/settings/zone", {"zone": "Europe/Lisbon"})["calls_ahead"] == 1
    crm.do("PUT", "/settings/holidays", {"region": "DE"})
    assert starts(house, "2026-12-25") == []
    one_a_day = [{"per": "day", "unit": "calls", "most": 1}]
    crm.do("PUT", "/settings/limits", {"limits": one_a_day})
    assert crm.get("/settings/availability") == {"zone": "Europe/Lisbon", "holidays": "DE", "limits": one_a_day}
    assert starts(house, "2026-12-08") == []
    crm.do("PUT", "/settings/limits", {"limits": []})
    assert starts(house, "2026-12-08") != []
    crm.do("PUT", "/settings/call-types/intro/limits", {"limits": one_a_day})
    assert crm.get("/settings/call-types/intro/limits") == {"limits": one_a_day}
    assert starts(house, "2026-12-08") == []
    assert [act for act, _ in crm.lines()] == ["zone_set", "holidays_set", "limits_set", "limits_set", "limits_set"]


def test_it_says_why_a_time_is_not_offered(house: Installation, crm: Advisors) -> None:
    of_type(house, other_minutes=[45])
    booked(house)
    path = "/settings/call-types/intro/refusal?start="
    assert crm.get(f"{path}2026-12-08T10:00:00Z") == {
        "start": "2026-12-08T10:00:00Z",
        "offered": True,
        "rule": None,
        "because": None,
        "span": None,
    }
    busy = crm.get(f"{path}2026-12-08T10:00:00%2B01:00")
    assert (busy["rule"], busy["span"]) == ("busy", ["2026-12-08T09:00:00Z", "2026-12-08T09:30:00Z"])
    assert busy["because"] == "Something else is in the calendar at this time."
    assert crm.get(f"{path}{NIGHT:%Y-%m-%dT%H:%M:%SZ}")["rule"] == "hours"
    assert crm.get(f"{path}2026-12-08T15:30:00Z")["offered"]
    assert crm.get(f"{path}2026-12-08T15:30:00Z&minutes=45")["rule"] == "window_end"


def test_who_is_blocked_is_refused_until_they_are_let_in(house: Installation, crm: Advisors) -> None:
    made = crm.do("POST", "/blocklist", {"pattern": "@Reader.test", "note": "Sells things"})
    assert crm.get("/blocklist")["items"] == [made]
    assert (made["pattern"], made["note"]) == ("@reader.test", "Sells things")
    assert call(house.browser(), "/bookings", A_CALL).status_code == 403
    crm.do("DELETE", f"/blocklist/{made['id']}")
    assert call(house.browser(), "/bookings", A_CALL).status_code == 201
    assert [act for act, _ in crm.lines()] == ["address_blocked", "address_unblocked"]


def test_a_feed_is_read_by_its_address_until_it_is_revoked(house: Installation, crm: Advisors) -> None:
    made = crm.do("POST", "/feeds", {"kind": "calls", "label": "My phone"})
    assert crm.get("/feeds")["items"] == [made]
    address = made["url"].removeprefix("http://firstcall.test")
    assert house.browser().get(address).status_code == 200
    for _ in range(2):
        crm.do("DELETE", f"/feeds/{made['id']}")
    assert house.browser().get(address).status_code == 404
    assert crm.lines() == [("feed_made", {"kind": "calls", "label": "My phone"}), ("feed_revoked", {})]


def test_a_booking_says_its_length_its_number_and_who_else_comes(house: Installation) -> None:
    of_type(house, other_minutes=[45], location_kind="phone_out")
    program = house.browser()
    missing = call(program, "/bookings", A_CALL)
    assert (missing.status_code, list(errors_of(missing))) == (422, ["phone"])
    guests = ["ben@reader.test", {"name": "Eve", "email": "eve@reader.test"}]
    wanted = A_CALL | {"minutes": 45, "phone": "+49 30 1234567", "guests": guests, "company": "Lima"}
    shown = call(program, "/bookings", wanted)
    assert (shown.status_code, shown.get_json()["end"]) == (201, "2026-12-08T09:45:00Z")
    assert house.rows("SELECT phone, location, company FROM booking.call") == [
        ("+49 30 1234567", "tel:+49301234567", "Lima")
    ]
    assert house.rows("SELECT name, email FROM booking.guest ORDER BY email") == [
        ("", "ben@reader.test"),
        ("Eve", "eve@reader.test"),
    ]
    shown_again = program.get(f"/api/v1/bookings/{shown.get_json()['manage_url'].rpartition('/')[2]}")
    assert shown_again.get_json() == shown.get_json()
    assert program.get("/api/v1/bookings/made-up").status_code == 404


SLOT = {"start": "09:00", "end": "17:00"}
WEEK = {"windows": [{"days": [1], **SLOT}]}
WRONG: list[tuple[str, str, Any, str]] = [
    ("POST", "/settings/call-types", {}, "slug"),
    ("POST", "/settings/call-types", {"slug": "intro", "name": "Again", "minutes": 30}, "slug"),
    ("POST", "/settings/call-types", {"slug": "A b", "name": "B", "minutes": 30}, "slug"),
    ("PATCH", "/settings/call-types/intro", {"minutes": 4}, "minutes"),
    ("PATCH", "/settings/call-types/intro", {"minutes": 10**40}, "minutes"),
    ("PATCH", "/settings/call-types/intro", {"other_minutes": [1]}, "other_minutes"),
    ("PATCH", "/settings/call-types/intro", {"access": "nobody"}, "access"),
    ("PATCH", "/settings/call-types/intro", {"horizon_kind": "dates"}, "last_date"),
    ("PATCH", "/settings/call-types/intro", {"schedule": "None such"}, "schedule"),
    ("PATCH", "/settings/call-types/intro", {"questions": [{"key": "name", "label": "You?"}]}, "questions.0"),
    ("PATCH", "/settings/call-types/intro", {"redirect_url": "javascript:alert(1)"}, "redirect_url"),
    ("PATCH", "/settings/call-types/intro", {"is_admin": True}, "is_admin"),
    ("PUT", "/settings/call-types/intro/limits", {"limits": [{"per": "year", "unit": "calls", "most": 1}]}, "limits"),
    ("POST", "/settings/call-types/intro/links", {"most_uses": 0}, "most_uses"),
    ("POST", "/settings/call-types/intro/links", {"label": "a\0b"}, "label"),
    ("POST", "/settings/call-types/intro/links", {"expires_at": "2026-12-08T09:00:00"}, "expires_at"),
    ("POST", "/settings/call-types/intro/links", {"expires_at": "2026-12-01T09:00:00Z"}, "expires_at"),
    ("PATCH", "/settings/call-types/intro", {"schedule": "\ud800"}, "schedule"),
    ("POST", "/schedules", {"name": ""}, "name"),
    ("POST", "/schedules", {"name": "a\0"}, "name"),
    ("POST", "/schedules", {"name": "Working hours"}, "name"),
    ("PUT", "/schedules/{id}/hours", {"windows": [{"days": [1], **SLOT, "start": "9am"}]}, "windows.0.start"),
    ("PUT", "/schedules/{id}/hours", {"windows": [{"days": [1], **SLOT, "end": "25:00"}]}, "windows.0.end"),
    ("PUT", "/schedules/{id}/hours", {"windows": [{"days": [8], **SLOT}]}, "windows[0]"),
    ("PUT", "/schedules/{id}/hours", {"windows": [{"days": [1], "start": "17:00", "end": "09:00"}]}, "windows[0]"),
    ("PUT", "/schedules/{id}/dates", {"dates": [], "windows": []}, "dates"),
    ("PUT", "/schedules/{id}/dates", {"dates": ["soon"], "windows": []}, "dates.0"),
    ("DELETE", "/schedules/{id}/dates/soon", None, "date"),
    ("DELETE", "/schedules/{id}", None, "schedule"),
    ("POST", "/absences", {"first_date": "2026-12-09", "last_date": "2026-12-08"}, "last_date"),
    ("POST", "/absences", {"first_date": "", "last_date": "2026-12-08"}, "first_date"),
    ("POST", "/absences", {"first_date": "2026-12-08", "last_date": "2026-12-08", "message": "\0"}, "message"),
    ("POST", "/stays", {"first_date": "2026-12-08", "last_date": "2026-12-08", "zone": "Mars"}, "zone"),
    ("PUT", "/settings/zone", {"zone": "CET"}, "zone"),
    ("PUT", "/settings/holidays", {"region": "XX"}, "holidays"),
    ("PUT", "/settings/limits", {"limits": [{"per": "day", "unit": "calls", "most": 0}]}, "limits[0].most"),
    ("POST", "/blocklist", {"pattern": "somebody"}, "pattern"),
    ("POST", "/blocklist", {"pattern": "@x.test", "note": "a\nb"}, "note"),
    ("POST", "/feeds", {"kind": "letters"}, "kind"),
    ("POST", "/feeds", {"kind": "calls", "label": "x" * 81}, "label"),
    ("GET", "/settings/call-types/intro/refusal?start=soon", None, "start"),
    ("GET", "/settings/call-types/intro/refusal?start=2026-12-08T09:00:00Z&minutes=7", None, "minutes"),
    ("GET", "/call-types/intro/slots?minutes=7", None, "minutes"),
    ("POST", "/calls/{call}/move", {"start": "2026-12-08T09:00:00"}, "start"),
    ("POST", "/calls/{call}/move", {"start": "2026-12-01T09:00:00Z"}, "start"),
    ("POST", "/calls/{call}/move", {"start": "2026-12-08T11:00:00Z", "minutes": 7}, "minutes"),
    ("POST", "/calls/{call}/delay", {"minutes": 7}, "minutes"),
    ("POST", "/calls/{call}/cancellation", {"reason": "x" * 1001}, "reason"),
    ("PUT", "/calls/{call}/notes", {"notes": "a\0b"}, "notes"),
    ("POST", "/calls/{call}/guests", {"guests": ["nobody"]}, "guests.0"),
    ("POST", "/calls/{call}/guests", {"guests": ["ana@reader.test"]}, "guests"),
    ("POST", "/calls/{call}/proposals", {"starts": []}, "starts"),
    ("POST", "/calls/{call}/proposals", {"starts": ["2026-12-08T09:00:00"]}, "starts.0"),
    ("POST", "/calls/{call}/proposals", {"starts": ["2026-12-08T11:00:00Z"], "message": "x" * 1001}, "message"),
    ("POST", "/calls", A_CALL | {"start": "2026-12-01T09:00:00Z"}, "start"),
]


@pytest.fixture(scope="module")
def there(quiet_house: Installation) -> dict[str, str]:
    [(schedule,)] = quiet_house.rows("SELECT id FROM booking.schedule")
    return {"id": str(schedule), "call": str(booked(quiet_house, TEN).id)}


@pytest.mark.parametrize(("method", "path", "body", "field"), WRONG)
def test_what_is_wrong_is_named_and_nothing_is_changed(
    quiet_house: Installation, there: dict[str, str], method: str, path: str, body: Any, field: str
) -> None:
    crm = Advisors(quiet_house)
    before = stored(quiet_house)
    answer = crm.send(method, path.format(**there), body)
    assert answer.status_code == 422, answer.text
    named = list(errors_of(answer))
    assert named[0].startswith(field), named
    assert all(all(words) for words in errors_of(answer).values())
    assert stored(quiet_house) == before
