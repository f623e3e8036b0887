"""CSRF, keys and limits: bound to whom they are for, alive as long as they should be, and no longer."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import InvalidToken

from shared.clock import machine_now
from shared.security import (
    Limit,
    cipher,
    csrf_holds,
    csrf_token,
    fingerprint,
    new_token,
    suppression_hash,
    within,
)
from shared.settings import Settings
from tests.installation import Installation, settings_for

OLD = "the-key-of-last-year-0123456789-abc"
NEW = "the-key-of-this-year-0123456789-abc"
ONCE = Limit("contact", 3, 600)


def keys(now: str, old: str = "") -> Settings:
    return settings_for("postgresql://nobody/x", Path("unused"), secret_key=now, secret_key_old=old)


def test_a_form_is_bound_to_the_visitor_who_was_shown_it() -> None:
    settings = keys(NEW)
    assert csrf_holds(settings, "ana", csrf_token(settings, "ana"))
    assert not csrf_holds(settings, "eve", csrf_token(settings, "ana"))


def test_a_form_shown_before_the_key_was_rotated_still_counts() -> None:
    shown = csrf_token(keys(OLD), "ana")
    assert csrf_holds(keys(NEW, OLD), "ana", shown)
    assert not csrf_holds(keys(NEW), "ana", shown)


@pytest.mark.parametrize("forged", ["", "x", "é", "\ud800", "0" * 64, "\0"])
def test_a_made_up_token_is_refused_whatever_its_letters(forged: str) -> None:
    assert not csrf_holds(keys(NEW), "ana", forged)


def test_somebody_without_a_cookie_has_no_valid_form() -> None:
    settings = keys(NEW)
    assert not csrf_holds(settings, "", csrf_token(settings, ""))


def test_tokens_are_128_random_bits_that_fit_an_address() -> None:
    tokens = {new_token() for _ in range(200)}
    assert len(tokens) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", token) for token in tokens)


def test_a_stored_token_opens_nothing() -> None:
    token = new_token()
    assert token not in fingerprint(token)
    assert fingerprint(token) == fingerprint(token)
    assert fingerprint(token) != fingerprint(fingerprint(token))


def test_each_purpose_has_a_key_of_its_own() -> None:
    sealed = cipher(keys(NEW), "endpoint-secrets").encrypt(b"whsec")
    assert cipher(keys(NEW), "endpoint-secrets").decrypt(sealed) == b"whsec"
    with pytest.raises(InvalidToken):
        cipher(keys(NEW), "calendar-passwords").decrypt(sealed)


def test_what_the_old_key_sealed_can_be_read_and_is_sealed_anew_with_the_new() -> None:
    sealed = cipher(keys(OLD), "p").encrypt(b"word")
    rotating = cipher(keys(NEW, OLD), "p")
    assert rotating.decrypt(sealed) == b"word"
    assert cipher(keys(NEW), "p").decrypt(rotating.rotate(sealed)) == b"word"
    with pytest.raises(InvalidToken):
        cipher(keys(NEW), "p").decrypt(sealed)


def test_the_suppression_list_survives_a_rotated_key_and_names_nobody() -> None:
    assert suppression_hash(keys(OLD), "ana@reader.test") == suppression_hash(keys(NEW), "ana@reader.test")
    assert "ana" not in suppression_hash(keys(NEW), "ana@reader.test")
    other = settings_for("postgresql://x/x", Path("unused"), suppression_key="another-suppression-key-0123456789")
    assert suppression_hash(other, "ana@reader.test") != suppression_hash(keys(NEW), "ana@reader.test")


def test_a_limit_counts_each_caller_and_each_name_by_itself(installation: Installation) -> None:
    machine = machine_now()
    with installation.booking.sessions.begin() as session:
        assert [within(session, ONCE, "10.0.0.1", machine=machine) for _ in range(4)] == [True, True, True, False]
        assert within(session, ONCE, "10.0.0.2", machine=machine)
        assert within(session, Limit("mentorship", 3, 600), "10.0.0.1", machine=machine)


def test_a_window_begins_with_its_first_request_and_ends(installation: Installation) -> None:
    machine = machine_now()
    late, over = machine + timedelta(seconds=599), machine + timedelta(seconds=600)
    with installation.booking.sessions.begin() as session:
        for _ in range(3):
            within(session, ONCE, "10.0.0.1", machine=machine)
        assert not within(session, ONCE, "10.0.0.1", machine=late)
        assert [within(session, ONCE, "10.0.0.1", machine=over) for _ in range(4)] == [True, True, True, False]


def test_a_limit_holds_when_many_ask_at_once(installation: Installation) -> None:
    machine = machine_now()

    def ask(_: int) -> bool:
        with installation.booking.sessions.begin() as session:
            return within(session, Limit("contact", 10, 600), "10.0.0.1", machine=machine)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(40))) == 10


def test_callers_are_kept_as_digests_and_for_their_window_only(installation: Installation) -> None:
    machine = machine_now()
    with installation.booking.sessions.begin() as session:
        for number in range(5):
            within(session, ONCE, f"10.0.0.{number}", machine=machine)
    kept = installation.rows("SELECT key FROM system.rate")
    assert len(kept) == 5
    assert not any(b"10.0.0" in bytes(key) for (key,) in kept)
    with installation.nurture.sessions.begin() as session:
        within(session, ONCE, "10.0.0.9", machine=machine + timedelta(seconds=700))
    assert len(installation.rows("SELECT key FROM system.rate")) == 1
