"""The two clocks: a sped one moves as fast as it should, waits when it is told to, and is the same for everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.clock import DatabaseClock, FixedClock, RealClock, advance, begin_sped, clock_of, machine_now, stand_still
from shared.db import engine_for
from shared.service import Service
from shared.settings import SERVICES
from tests.installation import START, Installation

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def sped(installation: Installation) -> Installation:
    """An installation whose product time runs an hour a second, from START."""
    with installation.owner.begin() as connection:
        begin_sped(connection, speed=3600, at=START)
    return installation


def move(installation: Installation, *, machine: datetime, until: datetime | None = None) -> datetime:
    with installation.owner.begin() as connection:
        return advance(connection, machine=machine, until=until)


def test_an_installation_for_people_lives_by_the_time_of_day(installation: Installation) -> None:
    clock = clock_of(installation.owner)
    assert isinstance(clock, RealClock)
    assert abs(clock.now() - machine_now()) < SECOND


def test_a_sped_clock_advances_by_the_machine_time_that_passed_times_its_speed(sped: Installation) -> None:
    assert move(sped, machine=START + SECOND) == START + HOUR
    assert move(sped, machine=START + 3 * SECOND) == START + 3 * HOUR


def test_a_sped_clock_never_jumps_over_what_falls_due(sped: Installation) -> None:
    due = START + timedelta(minutes=20)
    assert move(sped, machine=START + SECOND, until=due) == due
    assert move(sped, machine=START + 2 * SECOND, until=due) == due
    assert move(sped, machine=START + 3 * SECOND) == due + HOUR


def test_time_that_stood_still_is_not_caught_up_with(sped: Installation) -> None:
    with sped.owner.begin() as connection:
        stand_still(connection, machine=START + 60 * SECOND)
    assert clock_of(sped.owner).now() == START
    assert move(sped, machine=START + 61 * SECOND) == START + HOUR


def test_product_time_never_runs_backwards(sped: Installation) -> None:
    move(sped, machine=START + SECOND)
    assert move(sped, machine=START - HOUR) == START + HOUR
    assert move(sped, machine=START - HOUR, until=START) == START + HOUR


def test_every_process_reads_the_same_product_time(sped: Installation) -> None:
    services = [Service.start(name, sped.settings) for name in SERVICES]
    for at in (START, START + HOUR):
        assert {service.clock.now() for service in services} == {at}
        move(sped, machine=START + SECOND)
    for service in services:
        service.sessions.kw["bind"].dispose()


def test_product_time_is_aware_and_in_utc(sped: Installation) -> None:
    engine = engine_for(sped.settings.database_of("booking"))
    now = DatabaseClock(engine).now()
    engine.dispose()
    assert (now, now.tzinfo) == (START, UTC)


def test_changing_the_speed_keeps_product_time(sped: Installation) -> None:
    move(sped, machine=START + SECOND)
    with sped.owner.begin() as connection:
        begin_sped(connection, speed=60, at=START + 10 * SECOND)
    assert clock_of(sped.owner).now() == START + HOUR
    assert move(sped, machine=START + 11 * SECOND) == START + HOUR + timedelta(minutes=1)


def test_an_installation_lives_by_one_clock(sped: Installation) -> None:
    with pytest.raises(DBAPIError):
        sped.run("INSERT INTO system.clock (only_row, speed, product_now, moved_at) VALUES (false, 1, now(), now())")
    with pytest.raises(DBAPIError):
        sped.run("UPDATE system.clock SET speed = 0")
    with sped.owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM system.clock")).scalar() == 1


def test_a_fixed_clock_moves_when_it_is_told_to() -> None:
    clock = FixedClock(START)
    assert clock.now() == clock.now() == START
    clock.move(HOUR)
    assert clock.now() == START + HOUR
