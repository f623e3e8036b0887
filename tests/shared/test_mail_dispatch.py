"""Sending: claimed by one worker, in order, and refused when it is no longer wanted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import true

from shared.drain import GROUP
from shared.mail.dispatch import BATCH, claim
from shared.mail.outgoing import Accepted
from tests.installation import START
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


def _until_somebody_waits(office: PostOffice) -> None:
    """Until another session waits for a lock of ours; a statement that never does ends the test by itself."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    assert any(office.installation.rows(waiting) for _ in range(2000))
