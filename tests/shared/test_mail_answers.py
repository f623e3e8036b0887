"""Sending: what cannot be written, and what each answer of the other side means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.clock import machine_now
from shared.mail.compose import compose
from shared.mail.dispatch import BATCH, LONGEST_PAUSE, MOST_ATTEMPTS
from shared.mail.outgoing import Ambiguous, NotSent, Outgoing, Refused
from tests.installation import START, Bells
from tests.shared.post_office import Post, PostOffice


def test_a_mail_that_cannot_be_written_is_parked_and_holds_up_nobody(office: PostOffice) -> None:
    office.want("first@reader.test", due=START - timedelta(minutes=2), context={"unwritable": "yes"})
    office.want("second@reader.test", due=START - timedelta(minutes=1), context={"subject": "Hi\r\nBcc: eve@evil.test"})
    office.want("third@reader.test")
    assert [mail.recipient for mail in office.send().ledger] == ["third@reader.test"]
    parked = office.mails("state, error, claim_id, lease_until")[:2]
    assert parked[0] == ("parked", "LookupError: what it tells of is gone", None, None)
    assert parked[1][:2] == ("parked", "HeaderInjection: a name or a subject holds a control character")
    assert office.installation.rows("SELECT count(*) FROM booking.message_body") == [(1,)]


def test_a_batch_of_mails_that_cannot_be_written_does_not_hide_those_behind_it(office: PostOffice) -> None:
    for _ in range(BATCH + 1):
        office.want(due=START - timedelta(minutes=1), context={"unwritable": "yes"})
    office.want("last@reader.test")
    assert [mail.recipient for mail in office.send().ledger] == ["last@reader.test"]


def test_a_name_that_would_write_headers_never_reaches_a_transport(office: PostOffice) -> None:
    office.want(recipient_name="Eve\r\nBcc: everybody@evil.test")
    assert office.send().ledger == []
    assert office.mails() == ["parked"]


def test_what_was_surely_not_sent_is_tried_again_after_a_pause_that_doubles(office: PostOffice) -> None:
    office.want()
    for attempt in (1, 2, 3):
        before = machine_now()
        office.send(Post([NotSent("451 later")]))
        [(state, tried, error, claim_id, retry_at)] = office.mails("state, attempt, error, claim_id, retry_at")
        assert (state, tried, error, claim_id) == ("queued", attempt, "451 later", None)
        assert timedelta(0) <= retry_at - before - timedelta(seconds=60 * 2 ** (attempt - 1)) < timedelta(seconds=5)
        assert office.send().ledger == []
        office.set("retry_at = clock_timestamp()")
    office.send()
    assert office.mails("state, error") == [("accepted", None)]


def test_a_pause_is_never_longer_than_an_hour(office: PostOffice) -> None:
    office.want()
    office.set("attempt = 27")
    before = machine_now()
    office.send(Post([NotSent("451 later")]))
    [retry_at] = office.mails("retry_at")
    assert LONGEST_PAUSE <= retry_at - before < LONGEST_PAUSE + timedelta(seconds=5)


def test_after_the_last_attempt_a_mail_is_parked_for_a_person(office: PostOffice) -> None:
    office.want()
    office.set(f"attempt = {MOST_ATTEMPTS - 1}")
    office.send(Post([NotSent("451 later")]))
    assert office.mails("state, attempt, error, claim_id") == [("parked", MOST_ATTEMPTS, "451 later", None)]


@pytest.mark.parametrize("bad_address", [True, False])
def test_a_refused_mail_has_failed_and_only_a_dead_address_has_bounced(office: PostOffice, bad_address: bool) -> None:
    office.want()
    office.send(Post([Refused("550 5.1.1 no such mailbox", bad_address=bad_address)]))
    assert office.mails("state, error, lease_until") == [("failed", "550 5.1.1 no such mailbox", None)]
    assert office.bounced == (["ana@reader.test"] if bad_address else [])
    assert office.send().ledger == []


def test_an_ambiguous_end_is_unknown_and_not_tried_again(office: PostOffice) -> None:
    office.want()
    office.send(Post([Ambiguous("reset after the message")]))
    [(state, error, since)] = office.mails("state, error, unknown_since")
    assert (state, error) == ("unknown", "reset after the message")
    assert machine_now() - since < timedelta(minutes=1)
    assert office.send().ledger == []


def test_a_retry_repeats_the_first_try_to_the_letter(office: PostOffice) -> None:
    office.want()
    first = office.send(Post([NotSent("451 later")])).ledger[0]
    office.installation.clock.move(timedelta(days=1))
    office.set("retry_at = NULL")
    second = office.send().ledger[0]
    assert (first.attempt, second.attempt) == (1, 2)
    assert compose(first) == compose(second)
    assert len(office.rendered) == 1


def test_what_is_known_of_a_group_is_kept_when_the_worker_breaks_off(office: PostOffice) -> None:
    for number in range(3):
        office.want(f"{number}@reader.test", due=START - timedelta(minutes=3 - number))

    def break_off(mail: Outgoing) -> None:
        if mail.recipient.startswith("1"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        office.send(Post(meanwhile=break_off))
    assert office.mails() == ["accepted", "sending", "sending"]


def test_no_transaction_is_open_while_a_mail_leaves(office: PostOffice) -> None:
    office.want()
    idle: list[object] = []

    def look(_: Outgoing) -> None:
        idle.extend(
            office.installation.rows(
                "SELECT query FROM pg_stat_activity WHERE datname = current_database()"
                " AND usename = 'firstcall_booking' AND state LIKE 'idle in transaction%'"
            )
        )

    office.send(Post(meanwhile=look))
    assert idle == []
    assert office.mails() == ["accepted"]


def test_a_mail_is_sending_before_its_first_byte_leaves(office: PostOffice) -> None:
    office.want()
    seen: list[tuple[object, ...]] = []
    office.send(Post(meanwhile=lambda _: seen.extend(office.mails("state, attempt"))))
    assert seen == [("sending", 1)]


def test_wanting_a_mail_rings_its_service_after_the_commit(office: PostOffice) -> None:
    office.want()
    assert isinstance(office.service.waker, Bells)
    assert office.service.waker.rung == ["booking.mail"]
