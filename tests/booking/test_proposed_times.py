"""Other times: the advisor proposes, the prospect chooses once; and what a calendar proposes instead (COUNTER)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.booking.domain.errors import (
    BookingError,
    InvalidInput,
    InvitationUsed,
    NotFound,
    NotOpen,
    SlotTaken,
    TimesOver,
    TooLate,
    TooManyMoves,
)
from services.booking.domain.states import CallState
from services.booking.domain.zones import z
from services.booking.models import Call, Proposal
from services.booking.usecases.ask import answer_ask
from services.booking.usecases.availability import epoch_minute
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.choose import choice_of, choose_time
from services.booking.usecases.propose import (
    accept_counter,
    offer_times,
    propose_times,
    refuse_counter,
    take_counter,
)
from tests.booking.calls import (
    ELEVEN,
    NIGHT,
    TEN,
    TWELVE,
    asked,
    booked,
    by_ben,
    events,
    in_state,
    mailed,
    of_type,
    row,
    wished,
)
from tests.browsing import Page, opened, post
from tests.installation import START, Installation
from tests.stored import stored

HALF_AN_HOUR = timedelta(minutes=30)


def propose(house: Installation, call: Call, *starts: datetime, message: str = "Does one of these suit?") -> Proposal:
    with house.booking.sessions.begin() as session:
        return propose_times(session, call.id, starts, message, now=house.clock.now())


def offer(house: Installation, ask: UUID, *starts: datetime, call_type: str = "intro") -> Proposal:
    with house.booking.sessions.begin() as session:
        return offer_times(session, ask, call_type, starts, "Does one of these suit?", now=house.clock.now())


def choose(house: Installation, proposal: Proposal, start: datetime) -> Call:
    with house.booking.sessions.begin() as session:
        domain, now = house.settings.mail_domain, house.clock.now()
        return choose_time(session, proposal.token, start, uid_domain=domain, now=now)


def counter(
    house: Installation, call: Call, start: datetime, *, sequence: int = 0, minutes: int = 30
) -> Proposal | None:
    with house.booking.sessions.begin() as session:
        end = start + timedelta(minutes=minutes)
        return take_counter(session, call.id, start, end, sequence=sequence, message="Later?", now=house.clock.now())


def accept(house: Installation, proposal: Proposal | None) -> Call:
    assert proposal is not None
    with house.booking.sessions.begin() as session:
        return accept_counter(session, proposal.id, now=house.clock.now())


def refuse(house: Installation, proposal: Proposal | None) -> None:
    assert proposal is not None
    with house.booking.sessions.begin() as session:
        refuse_counter(session, proposal.id, now=house.clock.now())


def states(house: Installation) -> list[str]:
    return [state for (state,) in house.rows("SELECT state FROM booking.proposal ORDER BY id")]


def test_proposing_times_leaves_the_call_where_it_is_and_writes_to_the_prospect(house: Installation) -> None:
    call = booked(house)
    before = mailed(house, call.id)
    proposal = propose(house, call, TWELVE, ELEVEN, ELEVEN)
    assert row(house, call, "starts_at, sequence, revision") == (TEN, 0, 0)
    assert proposal.starts == [ELEVEN, TWELVE]
    [(recipient,)] = house.rows("SELECT recipient FROM booking.message ORDER BY id DESC LIMIT 1")
    assert (recipient, len(mailed(house, call.id)) >= len(before)) == ("ana@reader.test", True)


def test_choosing_a_time_moves_the_call_outside_the_prospects_limits(house: Installation) -> None:
    of_type(house, most_moves=0, move_notice_minutes=10_000)
    call = booked(house)
    proposal = propose(house, call, NIGHT)
    choose(house, proposal, NIGHT)
    assert row(house, call, "starts_at, moves, sequence") == (NIGHT, 0, 1)
    assert states(house) == ["accepted"]
    [event] = events(house, "call_rescheduled")
    assert (event["by"], event["previous_start"]) == ("prospect", "2026-12-08T09:00:00Z")


def test_choosing_twice_is_choosing_once(house: Installation) -> None:
    proposal = propose(house, booked(house), ELEVEN, TWELVE)
    choose(house, proposal, ELEVEN)
    before = stored(house)
    choose(house, proposal, ELEVEN)
    assert stored(house) == before
    with pytest.raises(NotOpen):
        choose(house, proposal, TWELVE)
    assert stored(house) == before


def test_a_time_that_was_taken_since_is_refused_with_the_nearest(house: Installation) -> None:
    call = booked(house)
    proposal = propose(house, call, ELEVEN, TWELVE)
    by_ben(house, ELEVEN)
    before = stored(house)
    with pytest.raises(SlotTaken) as refused:
        choose(house, proposal, ELEVEN)
    assert len(refused.value.nearest) == 3
    assert stored(house) == before
    assert choose(house, proposal, TWELVE).starts_at == TWELVE


def test_another_free_time_than_those_proposed_may_be_chosen_by_all_rules(house: Installation) -> None:
    call = booked(house)
    proposal = propose(house, call, ELEVEN)
    for start in (NIGHT, START + HALF_AN_HOUR, TEN + timedelta(minutes=7)):
        with pytest.raises(SlotTaken):
            choose(house, proposal, start)
    assert choose(house, proposal, TWELVE).starts_at == TWELVE


def test_another_time_than_those_proposed_is_still_only_asked_for_where_a_yes_is_needed(house: Installation) -> None:
    of_type(house, confirmation="always")
    call = booked(house)
    proposal = propose(house, call, ELEVEN)
    assert choose(house, proposal, TWELVE).state == CallState.PENDING
    assert mailed(house, call.id)[-1] == ("request_moved", "nora@advisor.test")


def test_another_time_than_those_proposed_is_a_move_of_their_own(house: Installation) -> None:
    of_type(house, most_moves=1)
    call = booked(house)
    assert choose(house, propose(house, call, ELEVEN), TWELVE).moves == 1
    again = propose(house, call, ELEVEN)
    with pytest.raises(TooManyMoves):
        choose(house, again, TEN)
    assert choose(house, again, ELEVEN).starts_at == ELEVEN
    of_type(house, move_notice_minutes=7 * 24 * 60, most_moves=9)
    late = propose(house, call, TWELVE)
    with pytest.raises(TooLate):
        choose(house, late, TEN)
    by_ben(house, TWELVE)
    with house.booking.sessions() as session:
        choice = choice_of(session, late.token, now=START)
    # What they could not take is not offered to them.
    assert (choice.free, choice.nearest, choice.others([epoch_minute(TEN)])) == ((), (), ())


def test_an_ask_that_is_answered_with_times_is_only_a_wish_at_another_time(house: Installation) -> None:
    of_type(house, confirmation="always")
    assert choose(house, offer(house, asked(house), ELEVEN), TWELVE).state == CallState.PENDING


def test_times_that_were_offered_can_be_chosen_when_the_type_is_offered_to_nobody_else(house: Installation) -> None:
    proposal = offer(house, asked(house), ELEVEN)
    of_type(house, active=False)
    with pytest.raises(NotFound):
        choose(house, proposal, TWELVE)
    assert choose(house, proposal, ELEVEN).state == CallState.CONFIRMED


def test_times_for_a_call_to_a_number_that_nobody_gave_are_not_offered(house: Installation) -> None:
    of_type(house, location_kind="phone_out")
    ask = wished(house)
    before = stored(house)
    with pytest.raises(InvalidInput) as refused:
        offer(house, ask, ELEVEN)
    assert [error.field for error in refused.value.errors] == ["call_type"]
    assert stored(house) == before


@pytest.mark.parametrize("what", ["call", "ask"])
def test_the_page_says_that_all_are_taken_also_to_who_lives_elsewhere(house: Installation, what: str) -> None:
    proposal = propose(house, booked(house), ELEVEN) if what == "call" else offer(house, asked(house), ELEVEN)
    by_ben(house, ELEVEN)
    browser, path = house.browser(), f"/times/{proposal.token}"
    page = opened(browser, path)
    assert page.status == 200
    assert "taken" in page.text
    lost = Page(post(browser, path, page.fields(path) | {"start": z(ELEVEN)}))
    assert lost.status == 409


def test_choosing_the_time_that_the_call_has_changes_nothing(house: Installation) -> None:
    call = booked(house)
    proposal = propose(house, call, ELEVEN)
    before = stored(house)
    assert choose(house, proposal, TEN).starts_at == TEN
    assert stored(house) == before


def test_what_can_be_chosen_is_shown_as_it_is_now(house: Installation) -> None:
    call = booked(house)
    proposal = propose(house, call, START + HALF_AN_HOUR, ELEVEN, NIGHT)
    by_ben(house, ELEVEN)
    house.clock.move(timedelta(hours=1))
    with house.booking.sessions() as session:
        choice = choice_of(session, proposal.token, now=house.clock.now())
    assert choice.free == (NIGHT,)
    assert choice.nearest == (TEN + HALF_AN_HOUR, ELEVEN + HALF_AN_HOUR)
    assert not choice.over


def test_when_all_proposed_times_have_passed_none_can_be_chosen(house: Installation) -> None:
    call = booked(house, TEN + timedelta(days=7))
    proposal = propose(house, call, ELEVEN, TWELVE)
    house.clock.move(timedelta(days=2))
    for start in (ELEVEN, TEN + timedelta(days=6)):
        with pytest.raises(TimesOver):
            choose(house, proposal, start)


def test_one_that_has_passed_is_refused_while_others_are_to_come(house: Installation) -> None:
    call = booked(house, TEN + timedelta(days=7))
    proposal = propose(house, call, ELEVEN, TEN + timedelta(days=5))
    house.clock.move(timedelta(days=2))
    with pytest.raises(SlotTaken):
        choose(house, proposal, ELEVEN)


def test_newer_times_replace_those_before(house: Installation) -> None:
    call = booked(house)
    first = propose(house, call, ELEVEN)
    second = propose(house, call, TWELVE)
    assert states(house) == ["replaced", "open"]
    with pytest.raises(NotOpen):
        choose(house, first, ELEVEN)
    assert choose(house, second, TWELVE).starts_at == TWELVE


@pytest.mark.parametrize("settled", ["moved", "cancelled"])
def test_once_the_call_moved_or_is_gone_nothing_proposed_before_can_be_chosen(
    house: Installation, settled: str
) -> None:
    call = booked(house)
    proposal = propose(house, call, TWELVE)
    with house.booking.sessions.begin() as session:
        if settled == "moved":
            move_call(session, call.token, ELEVEN, Change("prospect"), now=START)
        else:
            cancel_call(session, call.token, Change("prospect"), now=START)
    assert states(house) == ["replaced"]
    with pytest.raises(NotOpen):
        choose(house, proposal, TWELVE)


@pytest.mark.parametrize(
    "starts",
    [
        [],
        [TEN + timedelta(hours=hour) for hour in range(1, 12)],
        [START - HALF_AN_HOUR],
        [ELEVEN, START],
        [ELEVEN.replace(tzinfo=None)],
        [ELEVEN, TWELVE.replace(tzinfo=None)],
        [ELEVEN + timedelta(seconds=1)],
        [TEN],
    ],
)
def test_times_that_cannot_be_proposed_are_refused(house: Installation, starts: Sequence[datetime]) -> None:
    call = booked(house)
    before = stored(house)
    with pytest.raises(InvalidInput) as refused:
        propose(house, call, *starts)
    assert {error.field for error in refused.value.errors} == {"starts"}
    assert stored(house) == before


def test_a_time_that_is_taken_cannot_be_proposed(house: Installation) -> None:
    call = booked(house)
    by_ben(house, ELEVEN)
    with pytest.raises(SlotTaken):
        propose(house, call, TWELVE, ELEVEN - timedelta(minutes=15))
    assert states(house) == []


def test_a_call_may_be_proposed_to_overlap_its_own_time(house: Installation) -> None:
    call = booked(house)
    proposal = propose(house, call, TEN + timedelta(minutes=15))
    assert choose(house, proposal, TEN + timedelta(minutes=15)).sequence == 1


def test_an_ask_is_answered_with_times_and_choosing_one_books_it(house: Installation) -> None:
    ask = asked(house)
    proposal = offer(house, ask, NIGHT, ELEVEN)
    assert house.rows("SELECT state FROM booking.ask") == [("answered",)]
    assert events(house, "ask_answered")[0]["answer"] == "answered"
    call = choose(house, proposal, NIGHT)
    stood = row(house, call, "state, starts_at, person, ask_id, answers")
    words = [{"question": "Message", "answer": "What does it cost for forty people?"}]
    assert stood == ("confirmed", NIGHT, "ana@reader.test", ask, words)
    assert events(house, "call_booked")[0]["ask"] == str(ask)
    assert states(house) == ["accepted"]


def test_choosing_twice_books_once(house: Installation) -> None:
    proposal = offer(house, asked(house), ELEVEN, TWELVE)
    first = choose(house, proposal, ELEVEN)
    before = stored(house)
    assert choose(house, proposal, ELEVEN).id == first.id
    assert stored(house) == before
    with pytest.raises(InvitationUsed):
        choose(house, proposal, TWELVE)
    assert house.rows("SELECT count(*) FROM booking.call") == [(1,)]


def test_a_wish_for_mentorship_is_accepted_with_times_in_one_mail(house: Installation) -> None:
    ask = wished(house)
    proposal = offer(house, ask, ELEVEN, call_type="session")
    assert house.rows("SELECT state FROM booking.ask") == [("accepted",)]
    assert "mentorship_accepted" not in {kind for kind, _ in mailed(house, ask)}
    call = choose(house, proposal, ELEVEN)
    assert row(house, call, "ends_at - starts_at") == timedelta(minutes=60)


def test_times_for_an_ask_may_be_proposed_again_until_it_led_to_a_call(house: Installation) -> None:
    ask = asked(house)
    first, second = offer(house, ask, ELEVEN), offer(house, ask, TWELVE)
    with pytest.raises(NotOpen):
        choose(house, first, ELEVEN)
    choose(house, second, TWELVE)
    with pytest.raises(NotOpen):
        offer(house, ask, ELEVEN)
    assert len(events(house, "ask_answered")) == 1


def test_a_taken_time_for_an_ask_is_refused_and_nothing_is_settled(house: Installation) -> None:
    proposal = offer(house, asked(house), ELEVEN)
    by_ben(house, ELEVEN)
    with pytest.raises(SlotTaken):
        choose(house, proposal, ELEVEN)
    assert states(house) == ["open"]


def test_after_a_no_no_times_are_proposed(house: Installation) -> None:
    ask = wished(house)
    with house.booking.sessions.begin() as session:
        answer_ask(session, ask, "declined", now=START)
    with pytest.raises(NotOpen):
        offer(house, ask, ELEVEN, call_type="session")


@pytest.mark.parametrize(("call_type", "ask"), [("nothing", None), ("intro", uuid4())])
def test_times_for_nothing_that_is_there_are_not_found(house: Installation, call_type: str, ask: UUID | None) -> None:
    with pytest.raises(NotFound):
        offer(house, ask or asked(house), ELEVEN, call_type=call_type)


def test_a_link_to_no_proposal_is_not_found(house: Installation) -> None:
    call = booked(house)
    mine = counter(house, call, ELEVEN)
    assert mine is not None
    with house.booking.sessions.begin() as session:
        for token in ("made-up", mine.token, ""):
            with pytest.raises(NotFound):
                choose_time(session, token, ELEVEN, uid_domain="x", now=START)
        with pytest.raises(NotFound):
            propose_times(session, uuid4(), [ELEVEN], "", now=START)


def test_a_chosen_start_says_its_zone(house: Installation) -> None:
    proposal = propose(house, booked(house), ELEVEN)
    with pytest.raises(InvalidInput):
        choose(house, proposal, ELEVEN.replace(tzinfo=None))


def test_a_counter_moves_nothing_by_itself_and_the_advisor_accepts_it(house: Installation) -> None:
    call = booked(house)
    proposal = counter(house, call, NIGHT, minutes=45)
    assert row(house, call, "starts_at, sequence") == (TEN, 0)
    accept(house, proposal)
    stood = row(house, call, "starts_at, ends_at, sequence, moves")
    assert stood == (NIGHT, NIGHT + timedelta(minutes=45), 1, 0)
    assert events(house, "call_rescheduled")[0]["by"] == "advisor"
    before = stored(house)
    accept(house, proposal)
    assert stored(house) == before


def test_a_counter_onto_what_is_taken_cannot_be_accepted_and_stays_open(house: Installation) -> None:
    call = booked(house)
    by_ben(house, ELEVEN)
    proposal = counter(house, call, ELEVEN)
    with pytest.raises(SlotTaken):
        accept(house, proposal)
    assert states(house) == ["open"]
    assert row(house, call, "starts_at, sequence") == (TEN, 0)


def test_a_refused_counter_leaves_the_call_and_repeats_the_sequence(house: Installation) -> None:
    call = booked(house)
    proposal = counter(house, call, ELEVEN)
    refuse(house, proposal)
    assert row(house, call, "starts_at, sequence, revision") == (TEN, 0, 0)
    assert house.rows("SELECT state, sequence FROM booking.proposal") == [("refused", 0)]
    before = stored(house)
    refuse(house, proposal)
    assert stored(house) == before
    with pytest.raises(NotOpen):
        accept(house, proposal)


def test_an_accepted_counter_cannot_be_refused(house: Installation) -> None:
    proposal = counter(house, booked(house), ELEVEN)
    accept(house, proposal)
    with pytest.raises(NotOpen):
        refuse(house, proposal)


def test_a_newer_counter_replaces_the_one_before_and_the_same_again_is_one(house: Installation) -> None:
    call = booked(house)
    assert counter(house, call, ELEVEN) is not None
    assert counter(house, call, ELEVEN) is None
    assert counter(house, call, TWELVE) is not None
    assert states(house) == ["replaced", "open"]


def test_a_counter_that_has_passed_cannot_be_accepted(house: Installation) -> None:
    call = booked(house, TEN + timedelta(days=7))
    proposal = counter(house, call, ELEVEN)
    house.clock.move(timedelta(days=2))
    with pytest.raises(TimesOver):
        accept(house, proposal)


@pytest.mark.parametrize(
    ("start", "sequence", "minutes"),
    [
        (ELEVEN, 1, 30),  # to another invitation
        (ELEVEN, -1, 30),
        (TEN, 0, 30),  # where it is
        (START - HALF_AN_HOUR, 0, 30),  # passed
        (ELEVEN, 0, 0),
        (ELEVEN, 0, -30),
        (ELEVEN, 0, 4),
        (ELEVEN, 0, 24 * 60),
        (ELEVEN + timedelta(seconds=5), 0, 30),
    ],
)
def test_a_counter_that_is_stale_or_cannot_be_a_call_changes_nothing(
    house: Installation, start: datetime, sequence: int, minutes: int
) -> None:
    call = booked(house)
    before = stored(house)
    assert counter(house, call, start, sequence=sequence, minutes=minutes) is None
    assert stored(house) == before


@pytest.mark.parametrize("state", [state for state in CallState if state != CallState.CONFIRMED])
def test_only_a_confirmed_call_takes_a_counter(house: Installation, state: CallState) -> None:
    call = in_state(house, state)
    before = stored(house)
    assert counter(house, call, ELEVEN) is None
    assert stored(house) == before


def test_the_advisors_own_proposal_is_no_counter(house: Installation) -> None:
    proposal = propose(house, booked(house), ELEVEN)
    for act in (accept, refuse):
        with pytest.raises(NotFound):
            act(house, proposal)


def test_proposals_of_both_sides_may_be_open_and_choosing_one_settles_the_other(house: Installation) -> None:
    call = booked(house)
    theirs, mine = counter(house, call, TWELVE), propose(house, call, ELEVEN)
    choose(house, mine, ELEVEN)
    assert states(house) == ["replaced", "accepted"]
    with pytest.raises(BookingError):
        accept(house, theirs)
