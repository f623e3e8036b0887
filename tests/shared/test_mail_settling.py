"""What time and the provider do to mails: leases that end, ambiguous ends that are settled, late answers."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from shared.mail.compose import compose
from shared.mail.outgoing import Accepted, Ambiguous, NotSent, Refused
from shared.mail.row import MailClass
from shared.mail.settle import retry_parked
from tests.installation import START
from tests.shared.post_office import (
    LEASE_OVER,
    WINDOW_OVER,
    Post,
    PostOffice,
    an_unknown_mail,
)

PROOFS = ["processed", "delivered", "deferred", "bounced_soft", "complained"]


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
