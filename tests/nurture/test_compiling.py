"""From an article to a sequence: which letters, in which order, in whose words."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.nurture.domain.article import text_of
from services.nurture.domain.compiling import Compilation
from services.nurture.domain.letters import Bullets, Facts, Link, Links, Paragraph, Reader, Sender, compose_step
from services.nurture.domain.lints import body_words, quoted
from services.nurture.domain.sentences import numbers, sentences
from services.nurture.domain.steps import Offer, Phrase, ReadLink, Role, Said, Step
from services.nurture.domain.subjects import preheader_faults, subject_faults
from tests.nurture.articles import OFFER, compiled, read, sample_html, sample_markdown, sample_plain

READER = Reader("Ana Silva", "Europe/Berlin", "en", datetime(2026, 11, 23, 12, tzinfo=UTC), "Also send me the letters.")
LINKS = Links("https://a.example/article", "https://a.example/book", "https://a.example/stop")
SENDER = Sender(("Ada",), "Street 1")


def test_the_sample_article_gives_six_letters_in_order() -> None:
    steps = compiled(sample_markdown()).steps
    assert [(step.role, step.delay_days) for step in steps] == [
        (Role.POINT, 0),
        (Role.DO, 3),
        (Role.SIGNS, 6),
        (Role.CHOOSE, 10),
        (Role.QUESTION, 15),
        (Role.LAST, 22),
    ]


def test_no_letter_of_the_sample_article_has_a_fault() -> None:
    assert compiled(sample_markdown()).report.faults == ()


@pytest.mark.parametrize("kind", ["html", "plain"])
def test_a_copied_article_gives_the_same_letters(kind: str) -> None:
    expected = [(step.role, step.subject, step.blocks) for step in compiled(sample_markdown()).steps]
    found = compiled(sample_html(), "html") if kind == "html" else compiled(sample_plain(), "plain")
    assert [(step.role, step.subject) for step in found.steps] == [(role, subject) for role, subject, _ in expected]
    same = [step.blocks == blocks for step, (_, _, blocks) in zip(found.steps, expected, strict=True)]
    assert all(same)


def test_letters_have_60_to_180_words_short_lists_and_one_request() -> None:
    for step in compiled(sample_markdown()).steps:
        letter = compose_step(step, READER, links=LINKS, sender=SENDER, translate=str)
        assert 60 <= body_words(letter.body) <= 180, step.key
        assert all(len(block.items) <= 5 for block in letter.body if isinstance(block, Bullets))
        assert sum(isinstance(block, Link) for block in letter.body) <= 1
        assert sum(isinstance(part, Link) for part in (*letter.blocks, *letter.footer)) <= 3
        assert all(len(sentences(block.text)) <= 3 for block in letter.body if isinstance(block, Paragraph))


def test_subjects_and_preheaders_hold_to_their_limits_and_differ() -> None:
    steps = compiled(sample_markdown()).steps
    for step in steps:
        assert 20 <= len(step.subject) <= 45
        assert 40 <= len(step.preheader) <= 90
        assert subject_faults(step.subject) == preheader_faults(step.preheader, step.subject) == ()
    assert len({step.subject.casefold() for step in steps}) == len(steps)


@pytest.mark.parametrize(
    "subject",
    [
        "Too short",
        "A subject that goes on for much longer than any phone shows",
        "Unlock your AI potential",
        "Act now, dear reader of mine",
        "THE GREATEST officer there is",
        "When should you hire one?",
        "Save some of it today!",
    ],
)
def test_a_bad_subject_is_told_as_one(subject: str) -> None:
    assert subject_faults(subject)


@pytest.mark.parametrize("source", [sample_markdown(), sample_markdown().replace("two to six", "2 to 6")])
def test_every_number_and_sentence_is_the_articles_own(source: str) -> None:
    article = read(source, "markdown")
    texts = {block.id: " ".join(text_of(block).split()) for block in article.blocks}
    for step in compiled(source).steps:
        for said, sources in quoted(step):
            origin = " ".join(texts[source] for source in sources)
            assert numbers(said) <= numbers(origin)
            assert all(sentence in origin for sentence in sentences(said))


def test_a_word_put_into_a_letter_is_found() -> None:
    """The check itself can fail: a sentence with a number that the article does not have."""
    from dataclasses import replace

    from services.nurture.domain.lints import step_faults

    article = read(sample_markdown(), "markdown")
    step = compiled(sample_markdown()).steps[0]
    said = next(block for block in step.blocks if isinstance(block, Said))
    forged = replace(step, blocks=(replace(said, text="It saves 73 percent."), *step.blocks))
    assert any("73" in fault for fault in step_faults(forged, article))


def test_an_edit_of_words_keeps_the_keys() -> None:
    before = [step.key for step in compiled(sample_markdown()).steps]
    edited = sample_markdown().replace("Pilots stall one after another", "Pilots stall again and again")
    assert edited != sample_markdown()
    assert [step.key for step in compiled(edited).steps] == before
    assert len(set(before)) == len(before)


def test_the_same_article_gives_the_same_sequence() -> None:
    assert compiled(sample_markdown()) == compiled(sample_markdown())


def test_steps_go_to_json_and_back() -> None:
    for step in (*compiled(sample_markdown()).steps, *compiled("# T\n\nOne paragraph of it.").steps):
        told = json.loads(json.dumps(step.to_json()))
        assert told == step.to_json()
        assert Step.from_json(told) == step


def test_an_article_of_one_paragraph_gives_a_summary_and_says_why() -> None:
    compilation = compiled("# A title\n\nOne paragraph that says something worth a letter of its own.\n")
    assert [step.role for step in compilation.steps] == [Role.SUMMARY]
    assert "fewer than two sections" in compilation.reason


def test_a_letter_without_material_is_left_out_and_not_padded() -> None:
    without = re.sub(r"## Questions and answers.*?(?=\n## )", "", sample_markdown(), flags=re.DOTALL)
    roles = [step.role for step in compiled(without).steps]
    assert Role.QUESTION not in roles
    assert Role.COST in roles, "its place goes to the next that has something to say"


def test_what_was_not_used_is_reported_with_a_reason() -> None:
    report = compiled(sample_markdown()).report
    assert (report.sections, report.sections_used) == (9, 6)
    assert [line for line in report.left_out if "Where it helps most" in line and "six letters" in line]


_LONG = "A sentence about it, with as many words as a person who does it needs to know. "


def test_steps_that_are_sections_become_one_checklist() -> None:
    steps = "".join(
        f"## Step {n}: Do the thing {word}\n\n{_LONG * 5}\n\n"
        for n, word in enumerate(("one", "two", "three"), start=1)
    )
    done = next(step for step in compiled(f"# How to do it\n\nA lede.\n\n{steps}").steps if step.role is Role.DO)
    letter = compose_step(done, READER, links=LINKS, sender=SENDER, translate=str)
    items = next(block.items for block in letter.body if isinstance(block, Bullets))
    assert [item.split(":")[0] for item in items] == ["Do the thing one", "Do the thing two", "Do the thing three"]


def test_sentences_that_point_at_the_page_stay_there() -> None:
    text = sample_markdown().replace("I measure myself", "See the table below. I measure myself")
    text = text.replace("You do not have to be sure.", "Reach me through my contact page. You do not have to be sure.")
    shown = str([step.blocks for step in compiled(text).steps])
    assert "table below" not in shown
    assert "contact page" not in shown


def test_a_heading_in_capitals_is_said_as_a_sentence() -> None:
    text = sample_markdown().replace("## How an engagement runs", "## HOW AN AI ENGAGEMENT RUNS")
    assert "How an AI engagement runs" in [step.subject for step in compiled(text).steps]


def test_a_comparison_is_told_in_lines() -> None:
    step = next(step for step in compiled(sample_markdown()).steps if step.role is Role.CHOOSE)
    letter = compose_step(step, READER, links=LINKS, sender=SENDER, translate=str)
    facts = [block.rows for block in letter.body if isinstance(block, Facts)]
    assert ("Consultant", "One clear question") in facts[1]
    rules = next(block.items for block in letter.body if isinstance(block, Bullets))
    assert all(rule.startswith("If ") for rule in rules)


def test_a_part_is_linked_by_its_own_anchor() -> None:
    article = read(sample_markdown(), "markdown")
    links = [b.anchor for s in compiled(sample_markdown()).steps for b in s.blocks if isinstance(b, ReadLink)]
    assert links[0] == ""
    assert set(links[1:]) <= {section.anchor for section in article.sections}


def test_the_offer_is_said_as_it_was_given() -> None:
    article = sample_markdown()
    last = compiled(article).steps[-1]
    told = compose_step(last, READER, links=LINKS, sender=SENDER, translate=str)
    button = next(block for block in told.body if isinstance(block, Link))
    assert button == Link(f"Choose a time ({OFFER.minutes} minutes, {OFFER.price})", LINKS.book, button=True)


_BITS = st.sampled_from(
    [
        *(
            "## A heading\n\n",
            "## When should you?\n\n",
            "## FAQ\n\n",
            "### Why?\n\n",
            "## A vs B\n\n",
            "## Step 1: Go\n\n",
        ),
        *(
            "- one\n- two\n- three\n\n",
            "1. one\n2. two\n3. three\n\n",
            "| x | a | b |\n|--|--|--|\n| cost | 1 | 2 |\n\n",
        ),
        *(
            "A sentence of some words here. " * 12 + "\n\n",
            "no end to this " * 60 + "\n\n",
            "## " + "Long " * 60 + "\n\n",
        ),
        "If it rains, stay. If not, go.\n\n",
    ]
)


@settings(max_examples=150, deadline=None)
@given(bits=st.lists(_BITS, min_size=1, max_size=30))
def test_any_article_gives_letters_that_hold_to_the_hard_limits(bits: list[str]) -> None:
    compilation: Compilation = compiled("# A title of some words\n\nA lede with a few words.\n\n" + "".join(bits))
    steps = compilation.steps
    assert 1 <= len(steps) <= 6
    assert len({step.key for step in steps}) == len(steps)
    assert [step.delay_days for step in steps] == sorted({step.delay_days for step in steps})
    assert bool(compilation.reason) == (len(steps) == 1)
    for step in steps:
        assert not subject_faults(step.subject)
        letter = compose_step(step, READER, links=LINKS, sender=SENDER, translate=str)
        assert body_words(letter.body) <= 220
        assert Step.from_json(json.loads(json.dumps(step.to_json()))) == step
        assert all(isinstance(block.text, str) for block in step.blocks if isinstance(block, Phrase))


def test_a_call_without_a_price_says_none() -> None:
    from services.nurture.domain.compiling import compile_sequence

    article = read(sample_markdown(), "markdown")
    for step in compile_sequence(article, offer=Offer("Call", 45, "")).steps:
        letter = compose_step(step, READER, links=LINKS, sender=SENDER, translate=str)
        assert not [block for block in letter.blocks if isinstance(block, Paragraph | Link) and ", )" in str(block)]
        assert ", ." not in str(letter.blocks)
