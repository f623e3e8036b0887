"""The whole story, through the real processes. Read this first: it says what Firstcall does.

Every test goes on where the one before it ended, as a story does.
"""

from __future__ import annotations

import json
from email.message import EmailMessage
from typing import Any

import requests
from icalendar import Calendar

from tests.fakes.endpoint import FakeEndpoint
from tests.flow.running import Reader, Running
from tests.letters import calendar_of, ics_of, link_in, text_of

CALL = "/book/discovery"


def method_of(mail: EmailMessage) -> str:
    return str(Calendar.from_ical(ics_of(mail))["METHOD"])


def test_a_reader_finds_the_article_and_the_way_to_a_call(running: Running) -> None:
    reader = Reader(running.url)
    first_page = reader.open("/")
    article = next(link["href"] for link in first_page.find_all("a") if "/articles/" in link["href"])
    read = reader.open(article)
    assert read.find("h1") is not None
    assert any(link["href"].startswith("/book/") for link in read.find_all("a"))


def test_a_reader_asks_and_gets_a_confirmation_and_the_first_letter(running: Running) -> None:
    sent = _ask_by_form(running, "ana@reader.test")
    assert "ana@reader.test" in sent
    mails = running.mails("ana@reader.test", at_least=2)
    confirmation, letter = sorted(mails, key=lambda mail: "List-Id" in mail)
    assert "forty people" in text_of(confirmation)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Ana" in text_of(letter)


def test_the_advisor_is_told_and_can_answer_by_answering_the_mail(running: Running) -> None:
    [told] = [mail for mail in running.mails() if mail["Reply-To"] == "ana@reader.test"]
    assert "forty people" in text_of(told)


def test_a_reader_books_moves_and_cancels_a_call_and_both_calendars_follow(running: Running) -> None:
    reader = Reader(running.url)
    page = reader.open(CALL)
    times = [link["href"] for link in page.select("section.times a.chip")]
    page = reader.open(str(times[-1]))
    page = reader.send(page, CALL, name="Ben Okafor", email="ben@reader.test", worth="A plan", timezone="Europe/London")
    assert "just=booked" in reader.at, page.get_text()
    [invitation] = running.mails("ben@reader.test", at_least=1)
    assert (method_of(invitation), calendar_of(invitation)["SEQUENCE"]) == ("REQUEST", 0)

    manage = link_in(invitation, "/call/").removeprefix(running.url)
    page = reader.open(f"{manage}/move")
    page = reader.open(str(page.select("section.times a.chip")[0]["href"]))
    reader.send(page, "/move", reason="A better time")
    assert "just=moved" in reader.at
    update = running.mails("ben@reader.test", at_least=2)[1]
    assert (method_of(update), calendar_of(update)["SEQUENCE"]) == ("REQUEST", 1)
    assert calendar_of(update)["UID"] == calendar_of(invitation)["UID"]

    reader.send(reader.open(manage), "/cancel", reason="Ill")
    assert "just=cancelled" in reader.at
    cancellation = running.mails("ben@reader.test", at_least=3)[2]
    assert (method_of(cancellation), calendar_of(cancellation)["SEQUENCE"]) == ("CANCEL", 2)


def test_the_advisors_calendar_got_the_same_three(running: Running) -> None:
    [bens] = {calendar_of(mail)["UID"] for mail in running.mails("ben@reader.test")}
    advisors = [mail for mail in running.mails() if _has_calendar(mail) and "ben@reader.test" not in str(mail["To"])]
    same = [calendar_of(mail)["SEQUENCE"] for mail in advisors if calendar_of(mail)["UID"] == bens]
    assert same == [0, 1, 2]


def test_a_program_books_by_the_api_and_an_endpoint_hears_of_it_signed(running: Running) -> None:
    headers = {"Authorization": f"Bearer {running.token()}"}
    with FakeEndpoint("") as endpoint:
        body = {"url": endpoint.url, "events": ["booking.call_booked.v1"]}
        made = requests.post(f"{running.url}/api/v1/endpoints", json=body, headers=headers, timeout=60)
        assert made.status_code == 201, made.text
        endpoint.secret = made.json()["secret"]
        call = _book_by_api(running, "cleo@reader.test")
        [received] = running.eventually(lambda: endpoint.ledger, lambda ledger: len(ledger) >= 1)
    assert received.verified
    told = json.loads(received.body)
    assert (told["type"], told["data"]["subject"]) == ("booking.call_booked.v1", call["id"])


def test_who_books_gets_no_more_letters(running: Running) -> None:
    _ask_by_api(running, "dan@reader.test")
    running.mails("dan@reader.test", at_least=2)
    _book_by_api(running, "dan@reader.test")
    states = running.eventually(
        lambda: running.rows(
            "SELECT state, exit_reason FROM nurture.enrolment JOIN nurture.lead l"
            " ON l.id = lead_id WHERE l.email = 'dan@reader.test'"
        ),
        lambda rows: rows == [("exited", "booked")],
    )
    assert states == [("exited", "booked")]


def test_an_address_that_bounced_is_suppressed_and_asking_again_sends_no_letter(running: Running) -> None:
    _ask_by_form(running, "eve@reader.test")
    letter = next(mail for mail in running.mails("eve@reader.test", at_least=2) if "List-Id" in mail)
    body, headers = running.provider.signed([_bounce(letter)])
    answer = requests.post(f"{running.url}/hooks/sendgrid/events", data=body, headers=headers, timeout=60)
    assert answer.status_code == 204
    running.eventually(
        lambda: running.rows("SELECT reason FROM nurture.suppression"), lambda rows: ("bounced",) in rows
    )
    _ask_by_form(running, "eve@reader.test")
    running.eventually(
        lambda: running.rows("SELECT 1 FROM nurture.inbox WHERE handled_at IS NULL"), lambda rows: rows == []
    )
    assert len([mail for mail in running.mails("eve@reader.test") if "List-Id" in mail]) == 1


def test_one_click_stops_the_letters(running: Running) -> None:
    letter = next(mail for mail in running.mails("ana@reader.test") if "List-Id" in mail)
    url = str(letter["List-Unsubscribe"]).strip("<>")
    answer = requests.post(url, data={"List-Unsubscribe": "One-Click"}, timeout=60)
    assert answer.status_code == 200
    rows = running.rows(
        "SELECT e.state, e.exit_reason FROM nurture.enrolment e JOIN nurture.lead l ON l.id = e.lead_id"
        " WHERE l.email = 'ana@reader.test'"
    )
    assert rows == [("exited", "stopped")]


def test_a_whole_sequence_comes_in_its_order_when_time_passes(sped: Running) -> None:
    _ask_by_api(sped, "fay@reader.test")
    mails = sped.mails("fay@reader.test", at_least=7)
    letters = [mail for mail in mails if "List-Id" in mail]
    dates = [mail["Date"].datetime for mail in letters]
    assert len(letters) == len({str(mail["Subject"]) for mail in letters}) == 6
    assert dates == sorted(dates)
    assert (dates[-1] - dates[0]).days >= 21
    finished = sped.eventually(
        lambda: sped.rows("SELECT state FROM nurture.enrolment"), lambda rows: rows == [("done",)]
    )
    assert finished == [("done",)]


def _has_calendar(mail: EmailMessage) -> bool:
    return any(part.get_content_type() == "text/calendar" for part in mail.walk())


def _book_by_api(running: Running, email: str) -> dict[str, Any]:
    slots = requests.get(f"{running.url}/api/v1/call-types/discovery/slots", timeout=60).json()
    start = slots["days"][-1]["slots"][-1]["start"]
    wanted = {
        "call_type": "discovery",
        "start": start,
        "name": "A Reader",
        "email": email,
        "timezone": "UTC",
    }
    answer = requests.post(f"{running.url}/api/v1/bookings", json=wanted, timeout=60)
    assert answer.status_code == 201, answer.text
    booked: dict[str, Any] = answer.json()
    return booked


def _ask_by_form(running: Running, email: str) -> str:
    """Ask by the contact form with the box ticked; the words of the page that follows."""
    reader = Reader(running.url)
    sent = reader.send(
        reader.open("/contact"),
        "/contact",
        name="Ana Lima",
        email=email,
        message="What does it cost for forty people?",
        timezone="America/New_York",
        follow_up="yes",
    )
    assert reader.at.startswith("/sent/")
    return sent.get_text()


def _ask_by_api(running: Running, email: str) -> None:
    asked = {
        "name": "A Reader",
        "email": email,
        "message": "How long does it take?",
        "timezone": "UTC",
        "follow_up": True,
    }
    answer = requests.post(f"{running.url}/api/v1/contact", json=asked, timeout=60)
    assert answer.status_code == 201, answer.text


def _bounce(letter: EmailMessage) -> dict[str, Any]:
    """What SendGrid says of a letter whose address does not exist."""
    message = str(letter["Message-ID"]).strip("<>").partition("@")[0]
    return {
        "event": "bounce",
        "type": "bounce",
        "status": "5.1.1",
        "email": "eve@reader.test",
        "timestamp": 1_795_000_000,
        "sg_event_id": f"bounce-{message}",
        "m": message,
        "s": "nurture",
        "a": "1",
    }
