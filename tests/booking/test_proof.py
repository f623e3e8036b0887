"""Proof of work and the trap field: floods are dear, people without scripts are taken, nothing they wrote is lost."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import altcha
import pytest
from flask.testing import FlaskClient

from services.booking.usecases.sign_in import make_token
from shared.clock import machine_now
from shared.web.proof import challenge
from tests.booking.programs import A_CALL, A_QUESTION, A_WISH, call, errors_of
from tests.browsing import Page, opened, post, send
from tests.installation import START, Installation
from tests.stored import stored

QUESTION = {name: value for name, value in A_QUESTION.items() if name != "timezone"}
WISH = {name: value for name, value in A_WISH.items() if name != "timezone"}
CALL = {"name": "Ana Lima", "email": "ana@reader.test", "worth": "A yes or a no"}
FORMS = [("/contact", QUESTION), ("/mentorship", WISH), ("/book/intro?start=2026-12-08T09:00:00Z", CALL)]
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("/contact", A_QUESTION),
    ("/mentorship-requests", A_WISH),
    ("/bookings", A_CALL),
]


@pytest.fixture
def cheap(house: Installation) -> Installation:
    """A house whose challenges are solved at once."""
    return house.with_settings(proof_cost=1)


def solved(made: dict[str, Any]) -> str:
    """What a browser sends for a challenge."""
    found = altcha.Challenge.from_dict(made)
    solution = altcha.solve_challenge(found)
    assert solution is not None
    return altcha.Payload(found, solution).to_base64()


def a_proof(browser: FlaskClient) -> str:
    answer = browser.get("/proof")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return solved(answer.get_json())


def no_strangers(house: Installation) -> Installation:
    """Nobody gets by without a proof."""
    return house.with_settings(unproven_per_ten_minutes=0)


@pytest.mark.parametrize(("path", "typed"), FORMS)
def test_a_form_with_a_proof_is_taken_where_none_without_is(
    cheap: Installation, path: str, typed: dict[str, str]
) -> None:
    browser = no_strangers(cheap).browser()
    before = stored(cheap)
    refused = Page(send(browser, path, **typed))
    assert refused.status == 429
    assert "Turn on scripts for this page" in refused.text
    assert refused.fields(path.partition("?")[0])["email"] == "ana@reader.test"  # what they wrote is kept
    assert stored(cheap) == before
    assert send(browser, path, proof=a_proof(browser), **typed).status_code == 303


@pytest.mark.parametrize(("path", "body"), CALLS)
def test_a_program_brings_a_proof_or_a_token(cheap: Installation, path: str, body: dict[str, Any]) -> None:
    program = no_strangers(cheap).browser()
    refused = call(program, path, body)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "600")
    assert "proof" in errors_of(refused)
    assert call(program, path, {**body, "proof": a_proof(program)}).status_code == 201


@pytest.mark.parametrize(("path", "body"), CALLS)
def test_a_token_skips_the_proof_and_the_limits_and_never_the_rules(
    cheap: Installation, path: str, body: dict[str, Any]
) -> None:
    program = no_strangers(cheap).browser()
    with cheap.booking.sessions.begin() as session:
        token = make_token(session, "of a test", (), now=START)
    assert call(program, path, {**body, "email": "nobody"}, Authorization=f"Bearer {token}").status_code == 422
    assert call(program, path, body, Authorization=f"Bearer {token}").status_code == 201


@pytest.mark.parametrize(("path", "typed"), FORMS)
def test_a_proof_counts_once(cheap: Installation, path: str, typed: dict[str, str]) -> None:
    browser = cheap.browser()
    proof = a_proof(browser)
    assert send(browser, "/contact", **QUESTION, proof=proof).status_code == 303
    before = stored(cheap)
    again = Page(send(browser, path, proof=proof, **typed))
    assert (again.status, "was used before" in again.text) == (422, True)
    assert again.fields(path.partition("?")[0])["proof"] == ""  # the script makes a new one
    assert stored(cheap) == before


def test_a_proof_counts_once_however_it_is_written(cheap: Installation) -> None:
    program = cheap.browser()
    proof = json.loads(base64.b64decode(a_proof(program)))
    proof["solution"]["time"] = 7
    proof["challenge"]["parameters"]["added"] = "noise"
    ways = [json.dumps(proof), json.dumps(proof, indent=1), json.dumps({**proof, "more": 1})]
    answers = [
        call(program, "/contact", {**A_QUESTION, "proof": base64.b64encode(way.encode()).decode()}) for way in ways
    ]
    assert [answer.status_code for answer in answers] == [201, 422, 422]


def test_an_old_proof_is_refused_as_such(cheap: Installation) -> None:
    made = challenge(cheap.settings, machine=machine_now() - timedelta(minutes=11))
    answer = call(cheap.browser(), "/contact", {**A_QUESTION, "proof": solved(made)})
    assert answer.status_code == 422
    assert "expired" in errors_of(answer)["proof"][0]


def test_a_challenge_of_the_old_key_still_counts(cheap: Installation) -> None:
    proof, old = solved(challenge(cheap.settings, machine=machine_now())), cheap.settings.secret_key
    other = {"secret_key": "another-secret-key-of-tests-01234567"}
    for old_key, status in (("", 422), (old, 201)):
        program = cheap.with_settings(**other, secret_key_old=old_key).browser()
        assert call(program, "/contact", {**A_QUESTION, "proof": proof}).status_code == status


def test_what_is_no_proof_is_refused_beside_its_field_and_never_fails(cheap: Installation) -> None:
    program = cheap.browser()
    good = json.loads(base64.b64decode(a_proof(program)))
    easier = {**good, "challenge": {**good["challenge"]}}
    easier["challenge"]["parameters"] = {**good["challenge"]["parameters"], "keyPrefix": ""}
    unsigned = {**good, "challenge": {"parameters": good["challenge"]["parameters"]}}
    wrong = {**good, "solution": {**good["solution"], "counter": good["solution"]["counter"] + 1}}
    odd: list[Any] = [easier, unsigned, wrong, [], "x", 7, None, {}, {"challenge": [], "solution": {}}]
    odd += [{"challenge": {"parameters": 7}, "solution": 7}, {**good, "solution": {"counter": "1", "derivedKey": 7}}]
    texts = [base64.b64encode(json.dumps(one).encode()).decode() for one in odd]
    before = stored(cheap)
    for text in [
        *texts,
        "x",
        "é",
        "A" * 100_000,
        base64.b64encode(b"[" * 2900).decode(),
        base64.b64encode(b"\xff").decode(),
    ]:
        answer = call(program, "/contact", {**A_QUESTION, "proof": text})
        assert (answer.status_code, list(errors_of(answer))) == (422, ["proof"]), text[:40]
    assert stored(cheap) == before


def test_one_address_without_scripts_is_limited_and_leaves_the_others_theirs(cheap: Installation) -> None:
    cheap.with_settings(unproven_per_ten_minutes=3, unproven_per_hour=5)
    program = cheap.browser()
    flood = [program.post("/api/v1/contact", json=A_QUESTION).status_code for _ in range(10)]
    assert flood == [201] * 3 + [429] * 7
    others = [call(program, "/contact", A_QUESTION).status_code for _ in range(4)]
    assert others == [201, 201, 429, 429]  # together they are limited too
    assert call(program, "/contact", {**A_QUESTION, "proof": a_proof(program)}).status_code == 201


@pytest.mark.parametrize(("path", "typed"), FORMS)
def test_a_field_that_nobody_sees_must_stay_empty_and_costs_nobody_their_words(
    house: Installation, path: str, typed: dict[str, str]
) -> None:
    browser, before = house.browser(), stored(house)
    page = opened(browser, path)
    [trap] = page.soup.select("[name=homepage]")
    assert (trap["autocomplete"], trap["tabindex"], trap["value"]) == ("off", "-1", "")
    assert trap.find_parent(attrs={"aria-hidden": "true"})
    action = path.partition("?")[0]
    again = Page(post(browser, action, page.fields(action) | typed | {"homepage": "https://buy.test"}))
    assert (again.status, "please send once more" in again.text) == (422, True)
    assert stored(house) == before
    assert post(browser, action, again.fields(action)).status_code == 303  # it is empty again


def test_one_person_books_at_most_ten_calls_a_day_and_nobody_else_is_touched(house: Installation) -> None:
    program = house.browser()
    starts = [f"2026-12-{day:02}T{hour:02}:00:00Z" for day in (9, 10) for hour in range(8, 15)]
    taken = [call(program, "/bookings", {**A_CALL, "start": start}).status_code for start in starts[:12]]
    assert taken == [201] * 10 + [429] * 2
    before = len(house.rows("SELECT 1 FROM booking.call"))
    assert before == 10
    ben = {**A_CALL, "start": starts[12], "email": "ben@reader.test"}
    assert call(program, "/bookings", ben).status_code == 201
    with house.booking.sessions.begin() as session:
        token = make_token(session, "of a test", (), now=START)
    mine = call(program, "/bookings", {**A_CALL, "start": starts[11]}, Authorization=f"Bearer {token}")
    assert mine.status_code == 201


def test_somebody_is_made_a_guest_at_most_ten_times_a_day_whoever_says_that_they_are_asking(
    house: Installation,
) -> None:
    """Every time is a mail to an address that anybody can type."""
    browser, guest = house.browser(), "gil@guest.test"
    starts = [f"2026-12-09T{hour:02}:{minute}:00Z" for hour in range(8, 12) for minute in ("00", "30")]
    body = {**A_CALL, "guests": [guest], "start": starts[0]}
    booked = call(browser, "/bookings", body).get_json()
    page = "/call/" + booked["manage_url"].rpartition("/")[2]
    for _ in range(9):
        [(row,)] = house.rows("SELECT id FROM booking.guest")
        remove = f"{page}/guests/{row}/remove"
        assert post(browser, remove, opened(browser, page).fields(remove)).status_code == 303
        assert send(browser, page, action=f"{page}/guests", guests=guest).status_code == 303
    post(browser, remove, opened(browser, page).fields(remove))
    before = house.rows("SELECT count(*) FROM booking.message")
    assert send(browser, page, action=f"{page}/guests", guests=guest).status_code == 429
    others = {**body, "start": starts[2], "email": "ben@reader.test"}
    assert call(browser, "/bookings", others).status_code == 429
    form = {**CALL, "guests": guest, "email": "ben@reader.test"}
    assert send(browser, f"/book/intro?start={starts[4]}", action="/book/intro", **form).status_code == 429
    assert house.rows("SELECT count(*) FROM booking.message") == before
    assert call(browser, "/bookings", {**others, "guests": ["lea@guest.test"]}).status_code == 201
