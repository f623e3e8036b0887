"""States: none without a sweep that moves it on, a person who sees it, or an end."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from deploy.clock import unfinished
from deploy.doctor import examine
from services.booking.usecases.today import today
from shared.clock import machine_now
from shared.mail.row import STUCK, TRANSITIONS, MailClass, MailState
from shared.mail.settle import sweep
from tests.installation import START, Installation
from tests.shared.post_office import PostOffice

# What becomes of a mail in each state when its worker is gone: who moves it, or who is told.
SENDER = {MailState.QUEUED}
SWEPT = {MailState.CLAIMED, MailState.SENDING, MailState.UNKNOWN}
# By the operator: what may have to be done again. By the advisor, on the console's first page: what did not arrive too.
OPERATOR = {MailState.UNKNOWN, MailState.PARKED}
ADVISOR = {*OPERATOR, MailState.FAILED}
ENDS = {MailState.ACCEPTED, MailState.SKIPPED}


def test_every_state_is_somebodys() -> None:
    assert SENDER | SWEPT | ADVISOR | ENDS == set(MailState) == set(TRANSITIONS)
    assert set(STUCK) == ADVISOR


@pytest.fixture
def office(installation: Installation) -> PostOffice:
    return PostOffice(installation)


def in_state(office: PostOffice, state: MailState, mail_class: MailClass) -> None:
    """One mail in a state, whatever its worker knew of it long gone."""
    office.want(dedupe_key=str(uuid4()), mail_class=mail_class)
    office.installation.run(
        "UPDATE booking.message SET state = :state, lease_until = :long_ago, unknown_since = :long_ago",
        state=state,
        long_ago=machine_now() - timedelta(days=2),
    )


@pytest.mark.parametrize("mail_class", list(MailClass))
@pytest.mark.parametrize("state", list(MailState))
def test_a_mail_whose_worker_is_gone_moves_or_is_shown(
    office: PostOffice, state: MailState, mail_class: MailClass
) -> None:
    in_state(office, state, mail_class)
    with office.installation.owner.connect() as connection:
        shown = [finding for finding in examine(connection) if "mail" in finding.line]
    with office.service.sessions.begin() as session:
        on_the_first_page = bool(today(session, now=START).stuck)
        moved = sweep(session, office.sender.message, office.installation.settings.timings, machine=machine_now())
    sent = len(office.send().ledger) if state in SENDER else 0
    assert bool(moved) == (state in SWEPT)
    assert sent == (1 if state in SENDER else 0)
    assert on_the_first_page == (state in ADVISOR)
    assert any(finding.bad for finding in shown) == (state in OPERATOR)
    assert bool(shown) == (state not in {*ENDS, MailState.FAILED})


@pytest.mark.parametrize("state", list(MailState))
def test_a_sped_clock_waits_for_every_mail_that_is_on_its_way(office: PostOffice, state: MailState) -> None:
    from shared.clock import begin_sped

    in_state(office, state, MailClass.TRANSACTIONAL)
    with office.installation.owner.begin() as connection:
        begin_sped(connection, speed=60, at=START + timedelta(hours=1))
        assert unfinished(connection) == (state in {MailState.QUEUED, MailState.CLAIMED, MailState.SENDING})


@pytest.mark.parametrize("service", ["booking", "nurture", "webhooks"])
def test_a_parked_event_is_shown_and_no_longer_holds_up_the_clock(office: PostOffice, service: str) -> None:
    installation = office.installation
    installation.run(
        f"INSERT INTO {service}.inbox (name, subject, revision, occurred_at, payload)"
        " VALUES ('booking.call_booked.v1', uuidv7(), 0, :at, '{}')",
        at=START,
    )
    with installation.owner.begin() as connection:
        assert not any(finding.bad for finding in examine(connection))
        assert unfinished(connection)
    installation.run(f"UPDATE {service}.inbox SET parked_at = :at, error = 'ValueError: why'", at=START)
    with installation.owner.begin() as connection:
        [finding] = [finding for finding in examine(connection) if finding.bad]
        assert "booking.call_booked.v1" in finding.line
        assert "ValueError: why" in finding.line
        assert not unfinished(connection)
