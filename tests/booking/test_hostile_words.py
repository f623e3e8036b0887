"""Words that try to be more than words: on every page, in every mail and in every invitation they stay words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from bs4 import BeautifulSoup
from icalendar import Calendar

from tests.booking.programs import A_CALL, A_QUESTION, A_WISH, call
from tests.browsing import opened, send
from tests.furnished import signed_in
from tests.installation import Installation
from tests.letters import ics_of, parsed, text_of, to

# Every one of them may be somebody's name as far as we can know, so all of them are taken and shown as they are.
NAMES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    'Ana\\", <eve@x.test>, "',
    "{{ 7 * 7 }} {% raw %} %(name)s %s",
    "=?utf-8?q?Ana=0D=0ABcc=3A_eve=40x.test?=",
    "ANA;CN=Eve:mailto:eve@x.test",
    "Ана Лима 🦆 " + "é" * 100,
    "مريم \u200fالعربي",
    "O’Brien & <Sons>",
]


@dataclass(frozen=True)
class Written:
    """What somebody of that name sent: where their call and their question are shown, and the mails about it all."""

    house: Installation
    name: str
    call: str
    sent: str
    mails: list[bytes]


@pytest.fixture(scope="module")
def full_house(quiet_house: Installation) -> Iterator[Installation]:
    """Everybody books, asks, ticks the box and wishes, all in their own name and words."""
    for number, name in enumerate(NAMES):
        write_everything(quiet_house, name, number)
    quiet_house.work()
    yield quiet_house


@pytest.fixture(params=range(len(NAMES)), ids=lambda number: NAMES[number][:12])
def written(full_house: Installation, request: pytest.FixtureRequest) -> Written:
    number: int = request.param
    [(call_token,)] = full_house.rows("SELECT token FROM booking.call WHERE person = :p", p=f"ana{number}@reader.test")
    [(ask_token,)] = full_house.rows("SELECT token FROM booking.ask WHERE person = :p", p=f"ben{number}@reader.test")
    mails = [mail for mail in full_house.mails() if f"{number}@reader.test".encode() in mail]
    return Written(full_house, NAMES[number], f"/call/{call_token}", f"/sent/{ask_token}", mails)


def write_everything(house: Installation, name: str, number: int) -> None:
    program = house.browser()
    ana = {"name": name, "company": name, "email": f"ana{number}@reader.test"}
    ben = ana | {"email": f"ben{number}@reader.test"}
    start = f"2026-12-{8 + number // 3:02}T{9 + number % 3:02}:00:00Z"
    answers = {"What would make this worth your time?": name}
    booked = call(program, "/bookings", A_CALL | ana | {"answers": answers, "start": start})
    asked = call(program, "/contact", A_QUESTION | ben | {"message": name, "follow_up": True})
    wished = call(program, "/mentorship-requests", A_WISH | ana | {"background": name, "goal": name})
    assert [answer.status_code for answer in (booked, asked, wished)] == [201, 201, 201]


def test_pages_for_them_show_it_as_it_is_and_run_nothing(written: Written) -> None:
    browser = written.house.browser()
    for path in (written.call, f"{written.call}?just=booked", f"{written.call}/move", written.sent):
        page = opened(browser, path)
        assert page.status == 200
        runs_nothing(page.soup)
    assert one_line(written.name) in opened(browser, written.call).text


def test_the_console_shows_it_as_it_is_and_runs_nothing(full_house: Installation) -> None:
    browser = signed_in(full_house)
    today = opened(browser, "/console")
    runs_nothing(today.soup)
    assert [name for name in NAMES if today.text.count(one_line(name)) < 3] == []  # the call, the question, the wish
    for (mail,) in full_house.rows("SELECT id FROM booking.message"):
        runs_nothing(opened(browser, f"/console/mails/{mail}").soup)


@pytest.mark.parametrize("name", NAMES)
def test_a_refused_form_gives_it_back_as_it_is_and_runs_nothing(full_house: Installation, name: str) -> None:
    answer = send(full_house.browser(), "/contact", name=name, message=name, email="nobody")
    assert answer.status_code == 422
    soup = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    runs_nothing(soup)
    assert soup.select_one("#name")["value"] == name  # type: ignore[index]  # a field of that name is on the page


def test_mails_have_each_header_once_and_reach_nobody_else(written: Written) -> None:
    assert len(written.mails) == 7  # two of the call, two of each ask, and the first letter
    for mail in map(parsed, written.mails):
        for header in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"):
            assert len(mail.get_all(header, [])) == 1, header
        assert not mail.get_all("Bcc", []) + mail.get_all("Cc", [])
        assert len(mail["To"].addresses) == len(mail["From"].addresses) == 1
        assert to(mail) == "nora@advisor.test" or to(mail)[:3] in ("ana", "ben")
        html = mail.get_body(("html",))
        assert isinstance(html, EmailMessage)
        runs_nothing(BeautifulSoup(html.get_content(), "html.parser"))


def test_the_advisor_reads_it_as_it_was_written(written: Written) -> None:
    texts = [text_of(mail) for mail in map(parsed, written.mails) if to(mail) == "nora@advisor.test"]
    assert len(texts) == 3
    assert all(one_line(written.name) in one_line(text) for text in texts)


def test_the_name_on_the_envelope_is_exactly_theirs(written: Written) -> None:
    for raw in written.mails:
        header = str(message_from_bytes(raw)["To"]).replace("\r\n", "").replace("\n", "")
        shown, address = parseaddr(header)
        if address != "nora@advisor.test":
            # By RFC 2047 §6.2, as mail programs do it: the newer parser of Python puts spaces between encoded words.
            assert str(make_header(decode_header(shown))) == written.name


def test_invitations_have_the_two_people_and_no_line_more(written: Written) -> None:
    found = [ics_of(parsed(mail)) for mail in written.mails if b"text/calendar" in mail]
    assert len(found) == 2
    for ics in found:
        [event] = Calendar.from_ical(ics).walk("VEVENT")
        attendees = event["ATTENDEE"]
        assert isinstance(attendees, list)
        ana, nora = sorted(map(str, attendees))
        assert ana.startswith("mailto:ana")
        assert nora == "mailto:nora@advisor.test"
        assert str(event["ORGANIZER"]) == "mailto:bookings@firstcall.test"
        assert all(len(line) <= 75 for line in ics.split(b"\r\n"))


def one_line(text: str) -> str:
    return " ".join(text.split())


def runs_nothing(soup: BeautifulSoup) -> None:
    """No script but our own file, no image but our own, no attribute that runs."""
    assert [str(script.get("src")) for script in soup.find_all("script")] in ([], ["/static/ui/firstcall.js"])
    assert soup.find_all("img", attrs={"src": "x"}) == []
    assert not any(attribute.startswith("on") for element in soup.find_all() for attribute in element.attrs)
