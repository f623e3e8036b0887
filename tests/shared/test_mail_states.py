"""The states of real mails: invitations and letters, and a life in which every change of a state happens."""

from __future__ import annotations

from datetime import timedelta

from services.booking import tasks as booking_tasks
from services.booking.usecases.book import book_call
from services.booking.usecases.today import send_again
from services.nurture import tasks as nurture_tasks
from shared.clock import machine_now
from shared.inbox import publish
from shared.mail.compose import compose
from shared.mail.dispatch import begin, claim, send_due
from shared.mail.outgoing import Accepted, Ambiguous, NotSent, Refused
from shared.mail.row import MailClass, MailState
from shared.mail.settle import retry_parked, sweep
from tests.builders import a_booking, call_booked, contact_requested
from tests.installation import START, Installation
from tests.letters import calendar_of, parsed
from tests.shared.post_office import (
    LEASE_OVER,
    WINDOW_OVER,
    Post,
    PostOffice,
    allowed_changes,
    an_unknown_mail,
    changes_of,
    watch_states,
)


def test_an_invitation_keeps_its_uid_sequence_and_bytes_when_it_is_sent_again(house: Installation) -> None:
    tomorrow = START.replace(day=8, hour=9)
    with house.booking.sessions.begin() as session:
        call = book_call(session, a_booking(tomorrow), uid_domain="firstcall.test", now=START)
    sender = booking_tasks.sender_of(house.booking)
    lost, again = Post([Ambiguous("reset"), Ambiguous("reset")]), Post()
    send_due(house.booking, sender, lost)
    house.clock.move(timedelta(minutes=30))
    with house.booking.sessions.begin() as session:
        later = machine_now() + timedelta(hours=1)
        assert sweep(session, sender.message, house.settings.timings, machine=later) == 2
    send_due(house.booking, sender, again)
    first, second = ({mail.id: compose(mail) for mail in post.ledger} for post in (lost, again))
    assert len(first) == 2
    assert first == second
    for data in second.values():
        event = calendar_of(parsed(data))
        assert (event["UID"], event["SEQUENCE"], event.DTSTAMP) == (call.uid, 0, START)


def test_a_letter_waits_while_news_about_its_reader_is_unhandled(house: Installation) -> None:
    sender, post = nurture_tasks.sender_of(house.nurture), Post()
    _write_a_letter(house)
    with house.booking.sessions.begin() as session:
        publish(session, call_booked(START))
    assert send_due(house.nurture, sender, post) == 0
    assert house.rows("SELECT state FROM nurture.message") == [("queued",)]
    nurture_tasks.hear(house.nurture)
    send_due(house.nurture, sender, post)
    assert post.ledger == []
    assert house.rows("SELECT state, skip_reason FROM nurture.message") == [("skipped", "booked")]


def test_a_letter_whose_reader_books_after_its_claim_is_queued_again(house: Installation) -> None:
    sender = nurture_tasks.sender_of(house.nurture)
    _write_a_letter(house)
    with house.nurture.sessions.begin() as session:
        tickets = claim(session, house.nurture, sender)
    assert len(tickets) == 1
    with house.booking.sessions.begin() as session:
        publish(session, call_booked(START))
    with house.nurture.sessions.begin() as session:
        assert begin(session, house.nurture, sender, tickets) == []
    assert house.rows("SELECT state, claim_id FROM nurture.message") == [("queued", None)]


def test_the_code_makes_every_change_of_state_that_the_table_allows_and_no_other(installation: Installation) -> None:
    """The database itself writes down what happens in a life of many mails."""
    watch_states(installation)
    long = installation.settings.timings.model_copy(update={"mail_backoff": 60})
    office = PostOffice(installation.with_settings(timings=long))
    _live_through_everything(office)
    assert changes_of(installation) == allowed_changes()
    assert {old for old, _ in allowed_changes()} | {new for _, new in allowed_changes()} == set(MailState)


def _live_through_everything(office: PostOffice) -> None:
    office.want(context={"stop": "yes"})
    office.want(context={"unwritable": "yes"})
    office.send(Post())
    for answer in (Accepted(), Refused("550"), NotSent("451")):
        office.want()
        office.send(Post([answer]))
    office.want()
    office.set("attempt = 29", "state = 'queued' AND attempt = 0")
    office.send(Post([NotSent("451")]))
    office.want(context={"then": "stopped"})
    tickets = office.claim()
    office.set('context = \'{"stop": "yes"}\'', "context ? 'then'")
    office.begin(tickets)
    office.want()
    office.claim()
    office.sweep(**LEASE_OVER)
    office.send(Post([Ambiguous("reset")]))
    office.sweep(**WINDOW_OVER)
    office.hear("bounced_hard", office.send().ledger[0].id)
    for kind in ("processed", "dropped"):
        office.want()
        office.hear(kind, office.begin(office.claim())[0].mail.id)
        office.hear(kind, an_unknown_mail(office).id)
        parked = an_unknown_mail(office, mail_class=MailClass.NURTURE)
        office.sweep(**WINDOW_OVER)
        office.hear(kind, parked.id)
        late = [an_unknown_mail(office), an_unknown_mail(office)]
        office.sweep(**WINDOW_OVER)
        office.hear(kind, late[0].id)
        office.claim()
        office.hear(kind, late[1].id)
    again = an_unknown_mail(office, mail_class=MailClass.NURTURE)
    office.sweep(**WINDOW_OVER)
    office.want(dedupe_key="of a dead address", context={"stop": "yes"})
    office.send()
    office.set("skip_reason = 'address_bounced'", "dedupe_key = 'of a dead address'")
    [dead] = office.installation.rows("SELECT id FROM booking.message WHERE dedupe_key = 'of a dead address'")
    with office.service.sessions.begin() as session:
        retry_parked(session, office.sender.message, again.id)
        assert send_again(session, dead.id)


def _write_a_letter(house: Installation) -> None:
    """Somebody asked with the box ticked, and their first letter is written."""
    with house.booking.sessions.begin() as session:
        publish(session, contact_requested(START))
    nurture_tasks.hear(house.nurture)
    nurture_tasks.write_letters(house.nurture)
    assert house.rows("SELECT state FROM nurture.message") == [("queued",)]
