"""What a field accepts, and what a person is told when it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.domain.errors import InvalidInput, Message
from services.booking.domain.forms import (
    NAME_LIMIT,
    TEXT_LIMIT,
    Problems,
    clean_line,
    clean_name,
    clean_text,
    clipped,
    wrong_email,
)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Ana Lima ", "Ana Lima"),
        ("O'Neil-Łukasz, Dr.", "O'Neil-Łukasz, Dr."),
        ("e\u0301", "é"),
        ("\u202eAna\u202c\ufeff", "Ana"),
        ("ع\u200cل 👩\u200d🔬", "ع\u200cل 👩\u200d🔬"),
        ("李", "李"),
    ],
)
def test_names_of_all_kinds_are_kept(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("", "This is empty."),
        (None, "This is empty."),
        (" \u200b\u200d ", "This is empty."),
        ("Ana\r\nBcc: evil@example.org", "This has a line break in it."),
        ("Ana\u2028Lima", "This has a line break in it."),
        ("Ana\x00", "This has a character in it that cannot be shown (U+0000)."),
        ("Ana\tLima", "This has a character in it that cannot be shown (U+0009)."),
        ("Ana\x9b", "This has a character in it that cannot be shown (U+009B)."),
        ("Ana\ud800", "This has a character in it that cannot be shown (U+D800)."),
        ("x" * 1_000_000, "This is too long: 1000000 characters."),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_beside_its_field(raw: str | None, told: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        clean_name(raw)
    (error,) = raised.value.errors
    assert (error.field, str(error.message)) == ("name", told)
    assert str(error.fix).endswith(".")


def test_a_text_keeps_its_lines() -> None:
    assert clean_text(" one\r\ntwo\rthree\u2028four\tfive\n\n", "message") == "one\ntwo\nthree\nfour\tfive"


def test_a_text_refuses_control_characters_and_a_megabyte() -> None:
    for raw in ("a\x00b", "a\x0cb", "a\x1b[31mb", "x" * (TEXT_LIMIT + 1)):
        with pytest.raises(InvalidInput):
            clean_text(raw, "message")
    assert len(clean_text("x" * TEXT_LIMIT, "message")) == TEXT_LIMIT


def test_an_optional_field_may_be_empty_and_is_checked_all_the_same() -> None:
    assert clean_line(None, "company", required=False) == ""
    assert clean_text("  ", "goal", required=False) == ""
    with pytest.raises(InvalidInput):
        clean_line("a\nb", "company", required=False)


@given(st.text())
def test_whatever_a_line_gives_back_is_one_clean_line_that_it_accepts_again(raw: str) -> None:
    try:
        clean = clean_line(raw, "company", limit=30, required=False)
    except InvalidInput:
        return
    assert len(clean) <= 30
    assert clean.splitlines() in ([], [clean])
    assert clean_line(clean, "company", limit=30, required=False) == clean
    clean.encode()


@given(st.text(), st.integers(0, 50))
def test_what_a_browser_says_is_cut_short_and_never_refused(raw: str, limit: int) -> None:
    clean = clipped(raw, limit)
    assert len(clean) <= limit
    assert len(clean.splitlines()) <= 1
    clean.encode()


def test_a_composed_text_may_not_outgrow_its_limit() -> None:
    growing = "\U0001d160" * NAME_LIMIT
    with pytest.raises(InvalidInput):
        clean_name(growing)


def test_everything_wrong_is_told_at_once() -> None:
    problems = Problems()
    assert problems.take("", clean_name, "") == ""
    assert problems.take("", clean_text, "fine", field="message") == "fine"
    assert problems.take("", clean_line, "a\nb", field="company", required=False) == ""
    with pytest.raises(InvalidInput) as raised:
        problems.finish()
    assert [error.field for error in raised.value.errors] == ["name", "company"]


def test_nothing_wrong_is_no_problem() -> None:
    problems = Problems()
    problems.take("", clean_name, "Ana")
    problems.finish()


def test_a_message_is_translated_before_it_is_filled_in() -> None:
    message = Message("This is too long: %(count)s characters.", {"count": 7})
    german = {"This is too long: %(count)s characters.": "Das ist zu lang: %(count)s Zeichen."}
    assert str(message) == "This is too long: 7 characters."
    assert message.translated(german.__getitem__) == "Das ist zu lang: 7 Zeichen."
    assert str(Message("%(what)s", {"what": "100 %(x)s %"})) == "100 %(x)s %"


def test_a_wrong_address_is_told_beside_its_field() -> None:
    assert [error.field for error in wrong_email("ana@", "guests").errors] == ["guests"]
