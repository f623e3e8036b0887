"""After booking, visitors may be led to a page of the advisor's, which learns from its address what was booked."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from services.booking.domain.errors import InvalidInput
from services.booking.domain.redirects import redirect_address
from tests.booking.programs import A_CALL, call
from tests.browsing import opened, send
from tests.installation import Installation

FORM = "/book/intro?start=2026-12-08T09:00:00Z"
WHO = {"name": "Ana Lima", "email": "ana@reader.test"}
THANKS = "https://thanks.advisor.test:8443/yes?theirs=1&call=0#top"


@pytest.fixture
def leading(house: Installation) -> Installation:
    house.run("UPDATE booking.call_type SET redirect_url = :there", there=THANKS)
    return house


def test_a_booked_visitor_is_led_on_with_what_was_booked_and_their_campaign(leading: Installation) -> None:
    answer = send(leading.browser(), f"{FORM}&utm_source=x&gclid=9&via=m-1", **WHO, worth="A secret of theirs")
    there = urlsplit(answer.headers["Location"])
    [(call_id,)] = leading.rows("SELECT id FROM booking.call")
    assert (answer.status_code, there.netloc, there.path, there.fragment) == (
        303,
        "thanks.advisor.test:8443",
        "/yes",
        "top",
    )
    assert dict(parse_qsl(there.query)) == {
        "theirs": "1",
        "call": str(call_id),
        "call_type": "intro",
        "start": "2026-12-08T09:00:00Z",
        **WHO,
        "utm_source": "x",
        "gclid": "9",
        "via": "m-1",
    }


def test_what_their_own_address_names_twice_stays_twice(leading: Installation) -> None:
    leading.run(
        "UPDATE booking.call_type SET redirect_url = 'https://thanks.advisor.test/?tag=a&start=x&tag=b&start=y'"
    )
    there = urlsplit(send(leading.browser(), FORM, **WHO).headers["Location"])
    named = parse_qsl(there.query)
    assert [value for name, value in named if name == "tag"] == ["a", "b"]
    assert [value for name, value in named if name == "start"] == ["2026-12-08T09:00:00Z"]


@pytest.mark.parametrize("waits", ["confirmation = 'always'", "verify_email = true"])
def test_who_only_asked_for_a_call_is_not_led_there_yet(leading: Installation, waits: str) -> None:
    leading.run(f"UPDATE booking.call_type SET {waits}")
    answer = send(leading.browser(), FORM, **WHO)
    [(token,)] = leading.rows("SELECT token FROM booking.call")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/call/{token}?just=booked")


def test_the_form_may_lead_there_and_no_other_form_may(leading: Installation) -> None:
    browser = leading.browser()
    assert (
        "form-action 'self' https://thanks.advisor.test:8443;"
        in opened(browser, FORM).answer.headers["Content-Security-Policy"]
    )
    for page in ("/", "/contact"):
        assert "form-action 'self';" in opened(browser, page).answer.headers["Content-Security-Policy"]


NOWHERE = ["x", "javascript:alert(1)", "//a.test", "https://", "https://ana:pw@a.test", "https://a.test; script-src *"]
UNFIT = ["https://a.test:x", "https://a.test\r\nX: y", "https://ä.test", "https://["]


@pytest.mark.parametrize("address", [*NOWHERE, *UNFIT])
def test_an_address_nobody_can_be_led_to_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput):
        redirect_address(address)


def test_an_address_or_none_is_taken_as_it_is() -> None:
    assert (redirect_address(f" {THANKS} "), redirect_address("")) == (THANKS, "")


def test_one_person_moves_calls_at_most_twenty_times_a_day(house: Installation) -> None:
    program = house.browser()
    token = call(program, "/bookings", A_CALL).get_json()["manage_url"].rpartition("/")[2]
    starts = [f"2026-12-{day:02}T{hour:02}:00:00Z" for day in (9, 10, 11) for hour in range(8, 15)]
    moves = [call(program, f"/bookings/{token}/reschedule", {"start": start}).status_code for start in starts]
    assert moves == [200] * 20 + [429]
