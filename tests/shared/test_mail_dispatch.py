"""Sending: claimed by one worker, refused when it is no longer wanted, and answered for afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import true

from shared.clock import machine_now
from shared.drain import GROUP
from shared.mail.compose import compose
from shared.mail.dispatch import BATCH, LONGEST_PAUSE, MOST_ATTEMPTS, claim
from shared.mail.outgoing import Accepted, Ambiguous, NotSent, Outgoing, Refused
from tests.installation import START, Bells
from tests.shared.post_office import Post, PostOffice


def test_a_due_mail_leaves_once_and_is_accepted(office: PostOffice) -> None:
    office.want()
    post = office.send()
    assert [mail.recipient for mail in post.ledger] == ["ana@reader.test"]
    assert office.mails("state, provider_id, accepted_at, attempt, error, lease_until") == [
        ("accepted", f"provider-{post.ledger[0].id}", START, 1, None, None)
    ]
    assert office.send().ledger == []


def test_a_mail_that_is_wanted_twice_is_one_mail(office: PostOffice) -> None:
    assert office.want(dedupe_key="call:1")
    assert not office.want(dedupe_key="call:1")
    assert len(office.send().ledger) == 1


def test_a_mail_waits_for_its_product_time(office: PostOffice) -> None:
    office.want(due=START + timedelta(hours=1))
    assert office.send().ledger == []
    office.installation.clock.move(timedelta(hours=1))
    assert len(office.send().ledger) == 1


def test_four_workers_send_every_mail_once(office: PostOffice) -> None:
    for number in range(60):
        office.want(f"reader-{number}@reader.test")
    post = Post()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: office.send(post), range(4)))
    assert len({mail.id for mail in post.ledger}) == len(post.ledger) == 60
    assert set(office.mails()) == {"accepted"}


def test_a_claim_passes_over_what_another_worker_is_claiming(office: PostOffice) -> None:
    office.want()
    with office.service.sessions.begin() as mine:
        assert len(claim(mine, office.service, office.sender)) == 1
        assert office.claim() == ()


def test_the_oldest_mail_leaves_first(office: PostOffice) -> None:
    for minutes in (30, 10, 20):
        office.want(f"after-{minutes}@reader.test", due=START - timedelta(minutes=minutes))
    assert [mail.recipient for mail in office.send().ledger] == [
        f"after-{minutes}@reader.test" for minutes in (30, 20, 10)
    ]


def test_more_mails_than_a_batch_are_all_sent(office: PostOffice) -> None:
    office.installation.run(
        "INSERT INTO booking.message (dedupe_key, kind, mail_class, recipient, person, ordering_key, subject_id, due,"
        " created_at) SELECT n::text, 'note', 'transactional', 'a@reader.test', 'a@reader.test', n::text, uuidv7(),"
        " :due, :due FROM generate_series(1, :count) n",
        due=START,
        count=BATCH + GROUP + 1,
    )
    assert len(office.send().ledger) == BATCH + GROUP + 1


def test_a_mail_that_is_not_wanted_is_skipped_with_the_reason(office: PostOffice) -> None:
    office.want(context={"stop": "yes"})
    office.want("ben@reader.test")
    assert [mail.recipient for mail in office.send().ledger] == ["ben@reader.test"]
    assert office.mails("state, skip_reason") == [("skipped", "stopped"), ("accepted", None)]
    assert len(office.rendered) == 1


def test_a_mail_that_is_stopped_between_claim_and_leaving_is_skipped(office: PostOffice) -> None:
    office.want()
    tickets = office.claim()
    office.set('context = \'{"stop": "yes"}\'')
    assert office.begin(tickets) == []
    assert office.mails("state, skip_reason, claim_id, lease_until, attempt") == [("skipped", "stopped", None, None, 0)]


def test_a_mail_that_has_to_wait_since_its_claim_is_queued_again(office: PostOffice) -> None:
    office.want()
    tickets = office.claim()
    with office.waiting(true()):
        assert office.begin(tickets) == []
        assert office.send().ledger == []
    assert office.mails("state, claim_id, lease_until, attempt") == [("queued", None, None, 0)]
    assert len(office.send().ledger) == 1


def test_only_the_worker_whose_claim_it_is_lets_a_mail_leave(office: PostOffice) -> None:
    office.want()
    slow = office.claim()
    office.sweep(seconds=5)
    quick = office.claim()
    assert office.begin(slow) == []
    assert office.mails("state, claim_id") == [("claimed", quick[0].claim)]
    assert len(office.begin(quick)) == 1


def test_a_newer_revision_replaces_a_queued_one(office: PostOffice) -> None:
    office.want("old@reader.test", ordering_key="call", revision=0)
    office.want("new@reader.test", ordering_key="call", revision=1)
    office.want("other@reader.test", ordering_key="another call", revision=0)
    assert [mail.recipient for mail in office.send().ledger] == ["new@reader.test", "other@reader.test"]
    assert office.mails("state, skip_reason")[0] == ("skipped", "superseded")


def test_a_newer_revision_replaces_one_that_a_worker_has_claimed(office: PostOffice) -> None:
    office.want("old@reader.test", ordering_key="call", revision=0)
    tickets = office.claim()
    office.want("new@reader.test", ordering_key="call", revision=1)
    assert office.begin(tickets) == []
    assert office.mails("state, skip_reason") == [("skipped", "superseded"), ("queued", None)]
    assert [mail.recipient for mail in office.send().ledger] == ["new@reader.test"]


def test_a_newer_revision_waits_for_a_claim_that_is_not_committed_yet(office: PostOffice) -> None:
    office.want("old@reader.test", ordering_key="call", revision=0)
    with ThreadPoolExecutor(1) as pool:
        with office.service.sessions.begin() as session:
            tickets = claim(session, office.service, office.sender)
            newer = pool.submit(office.want, "new@reader.test", ordering_key="call", revision=1)
            _until_somebody_waits(office)
        assert newer.result(5)
    assert office.begin(tickets) == []
    assert office.mails("state, skip_reason") == [("skipped", "superseded"), ("queued", None)]


def test_nothing_overtakes_a_mail_of_the_same_conversation_that_is_leaving(office: PostOffice) -> None:
    office.want("old@reader.test", ordering_key="call", revision=0)
    tickets = office.begin(office.claim())
    office.want("new@reader.test", ordering_key="call", revision=1)
    office.want("other@reader.test", ordering_key="another call")
    assert [mail.recipient for mail in office.send().ledger] == ["other@reader.test"]
    office.record(tickets[0], Accepted())
    assert [mail.recipient for mail in office.send().ledger] == ["new@reader.test"]


def test_an_accepted_mail_is_not_replaced(office: PostOffice) -> None:
    office.want(ordering_key="call", revision=0)
    office.send()
    office.want(ordering_key="call", revision=1)
    assert office.mails() == ["accepted", "queued"]


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


def _until_somebody_waits(office: PostOffice) -> None:
    """Until another session waits for a lock of ours; a statement that never does ends the test by itself."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    assert any(office.installation.rows(waiting) for _ in range(2000))
