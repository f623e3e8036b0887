"""Five hundred letters, workers killed by -9 at the worst moments, the broker flushed: all arrive, none twice."""

from __future__ import annotations

from functools import partial

from deploy.doctor import examine
from shared.db import engine_for
from shared.drain import GROUP
from tests.crash.factory import LETTERS, Factory
from tests.fakes.smtp_sink import SmtpFault

# Holds every worker between its claim and its first byte: the claim is committed, the point of no return is not.
HOLD = """
    CREATE FUNCTION nurture.hold() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
    CREATE TRIGGER hold BEFORE UPDATE ON nurture.message FOR EACH ROW
        WHEN (OLD.state = 'claimed' AND NEW.state = 'sending') EXECUTE FUNCTION nurture.hold();
"""
LET_GO = "DROP TRIGGER hold ON nurture.message; DROP FUNCTION nurture.hold();"


def test_killed_while_claimed_and_flushed_all_arrive_and_none_twice(factory: Factory) -> None:
    factory.house.run(HOLD)
    factory.start_workers()
    factory.eventually(lambda: factory.states().get("claimed", 0) >= 100)
    factory.flush_broker()
    factory.kill_workers()
    assert factory.sink.ledger == []
    assert factory.states().get("claimed", 0) >= 100

    factory.house.run(LET_GO)
    factory.flush_broker()
    factory.start_workers()
    factory.eventually(lambda: factory.states() == {"accepted": LETTERS})
    sent = factory.sink.times_delivered()
    assert len(sent) == LETTERS
    assert set(sent.values()) == {1}


def test_killed_while_sending_none_arrives_twice_and_each_unknown_is_listed(factory: Factory) -> None:
    kills = 2
    for _ in range(kills):
        factory.sink.fail_next(*[None] * 5, SmtpFault.ACCEPT_THEN_HANG)
        more = len(factory.sink.ledger) + 5
        factory.start_workers()
        factory.eventually(partial(_delivered, factory, more))
        factory.eventually(lambda: factory.states().get("sending", 0) > 0)
        factory.kill_workers()
        factory.flush_broker()
    factory.start_workers()
    factory.eventually(lambda: set(factory.states()) <= {"accepted", "parked"})

    sent, states = factory.sink.times_delivered(), factory.states()
    assert set(sent.values()) == {1}
    assert 1 <= states["parked"] <= kills * GROUP
    assert states["accepted"] + states["parked"] == LETTERS
    assert len(sent) >= states["accepted"]
    assert _listed(factory) == states["parked"]


def _delivered(factory: Factory, more_than: int) -> bool:
    return len(factory.sink.ledger) > more_than


def _listed(factory: Factory) -> int:
    """How many of them `./run doctor` names."""
    engine = engine_for(factory.house.url)
    with engine.connect() as connection:
        found = [finding for finding in examine(connection) if "nurture mail" in finding.line and finding.bad]
    engine.dispose()
    return len(found)
