"""A letter on its way: its headers, what holds it back, and that each step is written once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup

from services.nurture.models import Inbox
from services.nurture.tasks import hear as take_in
from services.nurture.tasks import send_mail, write_letters
from services.nurture.usecases.advance import advance
from shared.events import Feedback, MailFeedbackReceived
from shared.inbox import publish, retry_parked
from tests.builders import a_person, call_booked, contact_requested
from tests.installation import START, Installation
from tests.letters import parsed, text_of
from tests.nurture.test_enrolling import enrolments, hear, letters, subjects


def written(house: Installation) -> None:
    """The first letter is written and nobody has sent it."""
    with house.booking.sessions.begin() as session:
        publish(session, contact_requested(START))
    take_in(house.nurture)
    write_letters(house.nurture)


def state(house: Installation) -> list[str]:
    return [found for (found,) in house.rows("SELECT state FROM nurture.message ORDER BY created_at, id")]


def test_a_letter_can_be_stopped_with_one_click_and_says_which_list_it_is_of(house: Installation) -> None:
    hear(house, contact_requested(START))
    [letter] = letters(house)
    [(token,)] = house.rows("SELECT token FROM nurture.lead")
    assert letter["List-Unsubscribe"] == f"<http://firstcall.test/u/{token}>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Id"] == "Letters from Nora Feld <letters.firstcall.test>"
    assert str(letter["Feedback-ID"]).endswith(":letters:nurture:firstcall")
    assert str(letter["From"]) == '"Nora Feld" <letters@firstcall.test>' or "letters@firstcall.test" in str(
        letter["From"]
    )
    assert str(letter["Reply-To"]) == "nora@advisor.test"


@pytest.mark.parametrize("name", ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"])
def test_the_headers_that_mail_programs_read_stand_on_one_line_each(house: Installation, name: str) -> None:
    """RFC 8058 §3.1 wants them signed; a folded one is read wrongly by some (nurture.md)."""
    hear(house, contact_requested(START))
    [raw] = [mail for mail in house.mails() if b"List-Id" in mail]
    head = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    [at] = [number for number, line in enumerate(head) if line.startswith(name.encode() + b": ")]
    assert not head[at + 1].startswith((b" ", b"\t"))


def test_both_parts_say_who_writes_from_where_and_how_to_stop_and_nothing_watches(house: Installation) -> None:
    hear(house, contact_requested(START))
    [letter] = letters(house)
    html = letter.get_body(("html",))
    assert isinstance(html, EmailMessage)
    soup = BeautifulSoup(html.get_content(), "html.parser")
    for part in (" ".join(text_of(letter).split()), " ".join(soup.get_text(" ").split())):
        assert "Nora Feld" in part
        assert "Lindenweg 4, 10999 Berlin, Germany" in part
    stop = f"/u/{house.rows('SELECT token FROM nurture.lead')[0][0]}"
    assert stop in text_of(letter)
    links = [str(link["href"]) for link in soup.find_all("a", href=True)]
    assert any(stop in link for link in links)
    # Our own domain only, and nothing that loads by itself.
    assert all(link.startswith(("http://firstcall.test/", "mailto:nora@advisor.test")) for link in links)
    assert soup.find_all(["img", "script", "iframe", "link"]) == []


def test_a_booking_link_says_which_letter_led_there_and_nothing_of_whom(house: Installation) -> None:
    hear(house, contact_requested(START))
    for _ in range(12):
        house.pass_time(days=7)
    links = [word for letter in letters(house) for word in text_of(letter).split() if "/book/" in word]
    [(token,)] = house.rows("SELECT token FROM nurture.lead")
    assert links
    for link in links:
        assert "/book/intro?utm_source=letters&utm_campaign=part-time-data-lead&utm_content=" in link
        assert "ana" not in link.lower()
        assert token not in link
    assert len({link.rpartition("=")[2] for link in links}) == len(set(links))


def test_a_letter_that_could_not_leave_is_the_same_message_when_it_does(house: Installation) -> None:
    written(house)
    waiting = house.folder / "outbox" / "tmp"
    send_mail(house.nurture)
    first = letters(house)[0]
    house.run("UPDATE nurture.message SET state = 'queued', claim_id = NULL")
    waiting.rmdir()
    waiting.touch()  # a file where the folder was: nothing can be written
    send_mail(house.nurture)
    assert state(house) == ["queued"]
    waiting.unlink()
    waiting.mkdir()
    house.run("UPDATE nurture.message SET retry_at = NULL")
    house.clock.move(timedelta(days=1))
    send_mail(house.nurture)
    [letter] = letters(house)
    assert letter.as_bytes() == first.as_bytes()
    assert house.rows("SELECT state, attempt FROM nurture.message") == [("accepted", 3)]


def test_letters_of_one_sequence_are_each_their_own_mail(house: Installation) -> None:
    hear(house, contact_requested(START))
    house.pass_time(days=7)
    first, second = letters(house)
    assert first["Message-ID"] != second["Message-ID"]
    assert first["List-Unsubscribe"] == second["List-Unsubscribe"]


def test_news_of_the_person_that_nobody_has_read_holds_their_letter_back(house: Installation) -> None:
    written(house)
    with house.booking.sessions.begin() as session:
        publish(session, call_booked(START))
    assert send_mail(house.nurture) == 0
    assert (state(house), letters(house)) == (["queued"], [])
    house.work()
    assert state(house) == ["skipped"]


def test_news_of_somebody_else_holds_nothing_back(house: Installation) -> None:
    written(house)
    with house.booking.sessions.begin() as session:
        publish(session, call_booked(START, person=a_person("ben@reader.test")))
    assert send_mail(house.nurture) == 1


def test_news_of_the_person_that_could_not_be_read_holds_their_letter_back_until_it_is(house: Installation) -> None:
    written(house)
    with house.booking.sessions.begin() as session:
        publish(session, call_booked(START))
    house.run("UPDATE nurture.inbox SET parked_at = now() WHERE name LIKE '%call_booked%'")
    house.work()
    assert letters(house) == []
    with house.nurture.sessions.begin() as session:
        assert retry_parked(session, Inbox) == 1
    house.work()
    assert state(house) == ["skipped"]


def test_unread_news_of_mail_hold_every_letter_back_because_they_name_nobody(house: Installation) -> None:
    written(house)
    [(mail,)] = house.rows("SELECT id FROM nurture.message")
    item = Feedback(
        id="1", kind="complained", sender="nurture", message=mail, address="ana@reader.test", at=START, reason=""
    )
    with house.webhooks.sessions.begin() as session:
        publish(session, MailFeedbackReceived(subject=uuid4(), revision=0, occurred_at=START, items=(item,)))
    assert send_mail(house.nurture) == 0
    house.work()
    assert letters(house) == []
    assert enrolments(house) == [("exited", "complained", 1)]


def test_four_workers_at_once_write_each_step_once(house: Installation) -> None:
    crowd = [a_person(f"ana{number}@reader.test") for number in range(30)]
    with house.booking.sessions.begin() as session:
        for person in crowd:
            publish(session, contact_requested(START, person=person))
    take_in(house.nurture)
    gate = threading.Barrier(4)

    def work(_: int) -> int:
        gate.wait()
        return write_letters(house.nurture)

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(work, range(4))) == 30
    assert house.rows("SELECT count(*), count(DISTINCT dedupe_key) FROM nurture.message") == [(30, 30)]
    assert set(enrolments(house)) == {("active", "", 1)}


def test_four_workers_at_once_send_each_letter_once(house: Installation) -> None:
    with house.booking.sessions.begin() as session:
        for number in range(30):
            publish(session, contact_requested(START, person=a_person(f"ana{number}@reader.test")))
    take_in(house.nurture)
    write_letters(house.nurture)
    gate = threading.Barrier(4)

    def work(_: int) -> int:
        gate.wait()
        return send_mail(house.nurture)

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(work, range(4))) == 30
    assert len(letters(house)) == 30
    assert house.rows("SELECT DISTINCT state, attempt FROM nurture.message") == [("accepted", 1)]


def test_a_step_that_was_written_is_not_written_again_when_its_enrolment_is_looked_at_anew(house: Installation) -> None:
    hear(house, contact_requested(START))
    house.clock.move(timedelta(days=1))
    house.run("UPDATE nurture.enrolment SET next_step = 0, due = :now", now=house.clock.now())
    house.clock.move(timedelta(days=6))
    with house.nurture.sessions.begin() as session:
        assert advance(session, now=house.clock.now()) == 1
    house.work()
    assert len(letters(house)) == 1
    assert enrolments(house) == [("active", "", 1)]


def test_a_lead_who_was_asleep_for_months_gets_one_letter_at_a_time(house: Installation) -> None:
    """The machine was off: what fell due meanwhile does not come in a heap."""
    hear(house, contact_requested(START))
    house.pass_time(days=200)
    assert len(letters(house)) == 2
    house.pass_time(hours=1)
    assert len(letters(house)) == 2
    house.pass_time(days=7)
    assert len(subjects(house)) == 3


def test_a_letter_is_dated_when_it_was_written(house: Installation) -> None:
    hear(house, contact_requested(START))
    house.pass_time(days=7)
    dates = [parsed(mail)["Date"].datetime for mail in house.mails() if b"List-Id" in mail]
    assert dates == [START, START + timedelta(days=7)]
