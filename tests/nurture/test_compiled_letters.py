"""Writing a compiled step to somebody: whatever they gave as name, company and words is shown as data or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.nurture.domain.errors import UnknownZone
from services.nurture.domain.letters import Link, Links, Paragraph, Reader, Sender, StepLetter, compose_step
from services.nurture.domain.names import company_name, first_name
from services.nurture.domain.steps import Step
from services.nurture.usecases.render import letter_of
from shared.mail.letter import as_html, as_text
from tests.nurture.articles import compiled, sample_markdown

LINKS = Links("https://a.example/article", "https://a.example/book", "https://a.example/stop")
SENDER = Sender(("Ada Moreau", "Officer"), "Street 1, Town")
ANA = Reader("Ana Silva", "Europe/Lisbon", "en", datetime(2026, 11, 23, 12, tzinfo=UTC), "Send me the letters.")
STEPS = compiled(sample_markdown()).steps


def written(step: Step, reader: Reader) -> StepLetter:
    return compose_step(step, reader, links=LINKS, sender=SENDER, translate=str)


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Ana Silva", "Ana,"),
        ("ana", "Ana,"),
        ("Silva, Ana", "Ana,"),
        ("Dr. Jean-Luc Picard", "Jean-Luc,"),
        ("O'Neil Byrne", "O'Neil,"),
        ("José\r\nBcc: x@y.example", "José,"),
        ("محمد علي", "محمد,"),
        ("李 伟", "Hello,"),
        ("", "Hello,"),
        ("A", "Hello,"),
        ("<script>{{7*7}}", "Hello,"),
        ("ana@example.com", "Hello,"),
        ("%(name)s", "Hello,"),
        ("x" * 60, "Hello,"),
        ("\u202eanA", "anA,"),
    ],
)
def test_people_are_greeted_by_a_first_name_or_not_by_name(name: str, greeting: str) -> None:
    assert written(STEPS[0], replace(ANA, name=name)).greeting == greeting


@pytest.mark.parametrize(
    ("company", "shown"),
    [
        ("Nordwind GmbH", True),
        ("", False),
        ("x" * 61, False),
        ("<b>Acme</b>", False),
        ("{{ company }}", False),
        ("50% Ltd", False),
    ],
)
def test_a_company_is_named_when_it_can_stand_in_a_sentence(company: str, shown: bool) -> None:
    text = as_text(letter_of(written(STEPS[-1], replace(ANA, company=company)), "en"))
    assert ("matters to you" not in text) == shown
    assert (bool(company) and company in text.replace("\n", " ")) == shown


def test_the_footer_says_why_how_to_stop_and_where_from() -> None:
    why, stop, postal = written(STEPS[0], ANA).footer
    assert why == "You get this because on 23 November 2026 you asked for it: “Send me the letters”."
    assert stop == Link("Stop these e-mails", LINKS.stop)
    assert postal == SENDER.postal


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Kiritimati", "24 November"), ("Pacific/Pago_Pago", "22 November")])
def test_the_day_is_the_readers_own(zone: str, day: str) -> None:
    at = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    assert day in str(written(STEPS[0], replace(ANA, zone=zone, asked_at=at)).footer[0])


@pytest.mark.parametrize("locale", ["de", "pt-BR", "xx", "", "en_US.UTF-8", "../.."])
def test_an_unknown_locale_is_no_error(locale: str) -> None:
    assert "2026" in str(written(STEPS[0], replace(ANA, locale=locale)).footer[0])


def test_dates_are_in_the_readers_language() -> None:
    assert "23 novembro 2026" in str(written(STEPS[0], replace(ANA, locale="pt-BR")).footer[0])


def test_an_unknown_zone_is_told() -> None:
    with pytest.raises(UnknownZone):
        written(STEPS[0], replace(ANA, zone="Nowhere"))


def test_every_word_of_ours_goes_through_the_translator() -> None:
    """Translated to capitals, what is left in small letters is the article's, the lead's or the sender's."""

    def loud(message: str) -> str:
        return "".join(part if part.startswith("%(") else part.upper() for part in _split(message))

    letter = compose_step(STEPS[0], ANA, links=LINKS, sender=SENDER, translate=loud)
    paragraphs = [block.text for block in letter.body if isinstance(block, Paragraph)]
    assert paragraphs[0].startswith("THE SHORT VERSION OF")
    assert paragraphs[-1].startswith("FIVE MORE FOLLOW OVER THREE TO FOUR WEEKS: HOW IT GOES IN PRACTICE")
    assert letter.preheader.isupper()
    assert str(letter.footer[0]).startswith("YOU GET THIS BECAUSE ON 23 November 2026")


def _split(message: str) -> list[str]:
    import re

    return re.split(r"(%\(\w+\)s)", message)


def test_the_empty_message_is_never_asked_of_gettext() -> None:
    """gettext answers the empty message with the head of its catalogue."""

    def catalogue(message: str) -> str:
        return message or "Project-Id-Version: 1"

    for step in STEPS:
        letter = compose_step(step, ANA, links=LINKS, sender=SENDER, translate=catalogue)
        assert "Project-Id-Version" not in str(letter)


_HOSTILE = st.text(max_size=80) | st.sampled_from(
    ["<script>alert(1)</script>", "{{ 7*7 }}", "%(name)s %s", "a\r\nBcc: b@c.example", "\x00", "\u202e", "'; DROP"]
)


@settings(max_examples=100, deadline=None)
@given(name=_HOSTILE, company=_HOSTILE, words=_HOSTILE, box=_HOSTILE)
def test_whatever_a_lead_gave_is_data(name: str, company: str, words: str, box: str) -> None:
    reader = replace(ANA, name=name, company=company, words=words, box=box)
    for step in STEPS:
        letter = written(step, reader)
        html = as_html(letter_of(letter, "en"))
        assert "<script" not in html
        assert "49" not in letter.greeting
        assert not any(c in letter.subject + letter.greeting for c in "\r\n\x00\u202e")


@settings(max_examples=200, deadline=None)
@given(name=st.text(max_size=100))
def test_a_first_name_is_letters_and_short(name: str) -> None:
    first = first_name(name)
    assert len(first) <= 24
    assert not set(first) & set("<>{}%@\r\n\x00 \u202e/\\:;,")
    assert company_name(name) == " ".join(company_name(name).split())


def test_html_letters_are_small() -> None:
    for step in STEPS:
        assert len(as_html(letter_of(written(step, ANA), "en")).encode()) < 20_000
