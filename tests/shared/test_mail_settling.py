"""What time and the provider do to mails: leases that end, ambiguous ends that are settled, late answers."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from services.booking import tasks as booking_tasks
from services.booking.usecases.book import book_call
from services.booking.usecases.today import send_again
from services.nurture import tasks as nurture_tasks
from shared.clock import machine_now
from shared.inbox import publish
from shared.mail.compose import compose
from shared.mail.dispatch import begin, claim, send_due
from shared.mail.outgoing import Accepted, Ambiguous, NotSent, Outgoing, Refused
from shared.mail.row import MailClass, MailState
from shared.mail.settle import retry_parked, sweep
from tests.builders import a_booking, call_booked, contact_requested
from tests.installation import START, Installation
from tests.letters import calendar_of, parsed
from tests.shared.post_office import (
    Post,
    PostOffice,
    allowed_changes,
    changes_of,
    watch_states,
)

LEASE_OVER = {"seconds": 5}
WINDOW_OVER = {"minutes": 16}
PROOFS = ["processed", "delivered", "deferred", "bounced_soft", "complained"]


def an_unknown_mail(office: PostOffice, **changes: object) -> Outgoing:
    office.want(**changes)  # type: ignore[arg-type]  # whatever a mail can be wanted with
    return office.send(Post([Ambiguous("reset")])).ledger[0]


def test_a_claimed_mail_whose_worker_died_is_queued_again(office: PostOffice) -> None:
    office.want()
    office.claim()
    assert office.sweep() == 0
    assert office.sweep(**LEASE_OVER) == 1
    assert office.mails("state, claim_id, lease_until") == [("queued", None, None)]
    assert len(office.send().ledger) == 1


def test_a_mail_whose_worker_died_while_sending_is_unknown(office: PostOffice) -> None:
    office.want()
    office.begin(office.claim())
    assert office.sweep() == 0
    assert office.sweep(**LEASE_OVER) == 1
    assert office.mails("state, error, lease_until") == [("unknown", "the worker died while sending", None)]
    assert office.send().ledger == []


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Accepted("p"), "accepted"),
        (Refused("550 no"), "failed"),
        (NotSent("451 later"), "queued"),
        (Ambiguous("reset"), "unknown"),
    ],
)
def test_an_answer_that_comes_after_the_lease_still_settles(
    office: PostOffice, answer: Accepted | Refused | NotSent | Ambiguous, state: str
) -> None:
    office.want()
    office.send(Post([answer], meanwhile=lambda _: office.sweep(**LEASE_OVER)))
    assert office.mails() == [state]


def test_an_answer_to_a_claim_that_was_lost_changes_nothing(office: PostOffice) -> None:
    office.want()
    [lost] = office.begin(office.claim())
    office.sweep(**LEASE_OVER)
    office.sweep(**WINDOW_OVER)
    [mine] = office.begin(office.claim())
    office.record(lost, Refused("550 no"))
    assert office.mails() == ["sending"]
    office.record(mine, Accepted())
    assert office.mails() == ["accepted"]


@pytest.mark.parametrize("kind", PROOFS)
def test_the_providers_event_proves_that_an_unknown_mail_left(office: PostOffice, kind: str) -> None:
    mail = an_unknown_mail(office)
    office.hear(kind, mail.id)
    assert office.mails("state, error, accepted_at") == [("accepted", None, START)]
    office.sweep(**WINDOW_OVER)
    assert office.mails() == ["accepted"]


@pytest.mark.parametrize("kind", PROOFS)
def test_an_event_that_comes_before_the_answer_of_a_dying_worker_counts(office: PostOffice, kind: str) -> None:
    """SendGrid's event is here within seconds, the lease ends after a minute."""
    office.want()
    [ticket] = office.begin(office.claim())
    office.hear(kind, ticket.mail.id)
    office.sweep(**LEASE_OVER)
    assert office.mails("state, lease_until") == [("accepted", None)]


def test_an_answer_after_the_event_changes_nothing(office: PostOffice) -> None:
    office.want()
    office.send(Post([Ambiguous("reset")], meanwhile=lambda mail: office.hear("delivered", mail.id)))
    assert office.mails("state, feedback") == [("accepted", "delivered")]


@pytest.mark.parametrize(("kind", "reason"), [("dropped", "dropped by the provider"), ("bounced_hard", "gone")])
@pytest.mark.parametrize("answer", [Accepted("p"), Ambiguous("reset")])
def test_a_mail_that_came_back_has_failed(
    office: PostOffice, kind: str, reason: str, answer: Accepted | Ambiguous
) -> None:
    office.want()
    mail = office.send(Post([answer])).ledger[0]
    office.hear(kind, mail.id, reason="gone" if kind == "bounced_hard" else "")
    assert office.mails("state, error, feedback") == [("failed", reason, "bounced")]
    office.sweep(**WINDOW_OVER)
    assert office.send().ledger == []


def test_a_confirmation_that_nobody_can_answer_for_is_sent_again_as_it_was(office: PostOffice) -> None:
    first = an_unknown_mail(office)
    assert office.sweep(minutes=14) == 0
    assert office.sweep(**WINDOW_OVER) == 1
    office.installation.clock.move(timedelta(days=1))
    second = office.send().ledger[0]
    assert (second.id, second.message_id, second.attempt) == (first.id, first.message_id, 2)
    assert compose(second) == compose(first)
    assert office.mails() == ["accepted"]


def test_a_letter_that_nobody_can_answer_for_is_parked_and_never_sent_by_itself(office: PostOffice) -> None:
    an_unknown_mail(office, mail_class=MailClass.NURTURE)
    assert office.sweep(minutes=14) == 0
    office.sweep(**WINDOW_OVER)
    assert office.mails("state, error") == [("parked", "reset")]
    assert office.sweep(days=30) == 0
    assert office.send().ledger == []


def test_an_event_settles_even_a_parked_mail(office: PostOffice) -> None:
    mail = an_unknown_mail(office, mail_class=MailClass.NURTURE)
    office.sweep(**WINDOW_OVER)
    office.hear("delivered", mail.id)
    assert office.mails("state, feedback") == [("accepted", "delivered")]


def test_a_person_can_send_a_parked_mail_again(office: PostOffice) -> None:
    mail = an_unknown_mail(office, mail_class=MailClass.NURTURE)
    with office.service.sessions.begin() as session:
        assert not retry_parked(session, office.sender.message, mail.id)
    office.sweep(**WINDOW_OVER)
    with office.service.sessions.begin() as session:
        assert retry_parked(session, office.sender.message, mail.id)
    assert compose(office.send().ledger[0]) == compose(mail)
    assert office.mails("state, error") == [("accepted", None)]


@pytest.mark.parametrize(("kind", "state"), [("processed", "accepted"), ("bounced_hard", "failed")])
@pytest.mark.parametrize("claimed", [False, True])
def test_late_news_of_an_earlier_attempt_spares_the_next_one(
    office: PostOffice, kind: str, state: str, claimed: bool
) -> None:
    mail = an_unknown_mail(office)
    office.sweep(**WINDOW_OVER)
    tickets = office.claim() if claimed else []
    office.hear(kind, mail.id)
    assert office.mails() == [state]
    assert not tickets or office.begin(tickets) == []
    assert office.send().ledger == []


@pytest.mark.parametrize("kind", ["processed", "bounced_hard"])
def test_news_of_a_mail_that_was_never_sent_is_not_believed(office: PostOffice, kind: str) -> None:
    office.want()
    [ticket] = office.claim()
    office.hear(kind, ticket.mail.id)
    assert office.mails() == ["claimed"]


@pytest.mark.parametrize(
    ("heard", "kept"),
    [
        (["delivered", "deferred"], "delivered"),
        (["deferred", "delivered"], "delivered"),
        (["delivered", "complained"], "complained"),
        (["deferred", "delivered", "deferred"], "delivered"),
        (["bounced_soft", "delivered"], "bounced"),
        (["complained", "delivered"], "complained"),
        (["processed"], None),
    ],
)
def test_the_providers_last_word_is_kept(office: PostOffice, heard: list[str], kept: str | None) -> None:
    office.want()
    mail = office.send().ledger[0]
    for minute, kind in enumerate(heard):
        office.hear(kind, mail.id, minutes=minute)
    assert office.mails("state, feedback") == [("accepted", kept)]


def test_events_about_mails_that_are_not_ours_are_passed_over(office: PostOffice) -> None:
    office.want()
    mail = office.send().ledger[0]
    assert mail.id != UUID(int=7)
    office.hear("complained", UUID(int=7))
    assert office.mails("state, feedback") == [("accepted", None)]


def test_an_invitation_keeps_its_uid_sequence_and_bytes_when_it_is_sent_again(house: Installation) -> None:
    tomorrow = START.replace(day=8, hour=9)
    with house.booking.sessions.begin() as session:
        call = book_call(session, a_booking(tomorrow), uid_domain="firstcall.test", now=START)
    sender = booking_tasks.sender_of(house.booking)
    lost, again = Post([Ambiguous("reset"), Ambiguous("reset")]), Post()
    send_due(house.booking, sender, lost)
    house.clock.move(timedelta(hours=1))
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
