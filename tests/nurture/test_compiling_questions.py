"""Which question a letter answers: the one nearest to what somebody wrote, found by their own words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.nurture.domain.letters import Links, Paragraph, Reader, Sender, compose_step
from services.nurture.domain.matching import nearest
from services.nurture.domain.steps import Choice, QuestionChoices, Role
from tests.nurture.articles import compiled, sample_markdown

QUESTIONS = (
    Choice("How much does it cost?", "A monthly fee that follows the days.", "a"),
    Choice("How long does it take?", "Three months, mostly.", "b"),
    Choice("Do you work with hospitals?", "Yes, with two of them.", "c"),
)


@pytest.mark.parametrize(
    ("words", "index"),
    [
        ("What would the price be for 40 people?", 0),
        ("Our BUDGET is small", 0),
        ("how many weeks until we see something", 1),
        ("I run a hospital in Porto", 2),
        ("", None),
        ("¿Qué? 🙂", None),
        ("the and of you", None),
    ],
)
def test_the_question_nearest_to_somebodys_words_is_found(words: str, index: int | None) -> None:
    assert nearest(words, QUESTIONS) == index


@settings(max_examples=80, deadline=None)
@given(words=st.text(max_size=300))
def test_any_words_find_a_question_or_none(words: str) -> None:
    assert nearest(words, QUESTIONS) in (None, 0, 1, 2)


def test_the_letter_answers_the_question_nearest_to_what_was_asked() -> None:
    step = next(step for step in compiled(sample_markdown()).steps if step.role is Role.QUESTION)
    choices = next(block for block in step.blocks if isinstance(block, QuestionChoices)).choices
    assert "cost" in choices[0].question

    def shown(words: str) -> str:
        asked = Reader("", "UTC", "en", datetime(2026, 11, 23, tzinfo=UTC), "", words=words)
        letter = compose_step(step, asked, links=Links("a", "b", "c"), sender=Sender((), ""), translate=str)
        return " ".join(block.text for block in letter.body if isinstance(block, Paragraph))

    assert "sit in on the interviews" in shown("Could you stay until we find a permanent person?")
    assert "monthly retainer" in shown("")
