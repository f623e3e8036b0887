"""Reading articles: the same tree from three kinds of file, and a clear answer to everything that is none."""

from __future__ import annotations

import contextlib
import sys
import textwrap
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.nurture.domain.article import Listing, Paragraph, Table
from services.nurture.domain.errors import (
    ArticleError,
    ArticleNestedTooDeep,
    ArticleTooLong,
    EmptyArticle,
    FrontMatterWrong,
    NotText,
)
from services.nurture.domain.reading import Kind, read_article
from services.nurture.domain.reading.tables import read_table
from tests.nurture.articles import read, sample_html, sample_markdown, sample_plain

KINDS: tuple[Kind, ...] = ("markdown", "html", "plain")


def test_markdown_html_and_copied_text_give_the_same_headings() -> None:
    expected = read(sample_markdown(), "markdown").headings
    assert len(expected) == 14
    assert read(sample_html(), "html").headings == expected
    assert read(sample_plain(), "plain").headings == expected


def test_markdown_html_and_copied_text_give_the_same_outline() -> None:
    def outline(source: str, kind: Kind) -> list[tuple[str, list[str], list[str]]]:
        sections = read(source, kind).sections
        return [(s.heading, [p.heading for p in s.parts], [q.question for q in s.questions]) for s in sections]

    expected = outline(sample_markdown(), "markdown")
    assert [len(questions) for _, _, questions in expected if questions] == [6]
    assert outline(sample_html(), "html") == expected
    assert outline(sample_plain(), "plain") == expected


def test_a_table_that_lost_its_cells_is_put_together_again() -> None:
    def table(source: str, kind: Kind) -> Table:
        return next(block for block in read(source, kind).blocks if isinstance(block, Table))

    expected = table(sample_markdown(), "markdown")
    assert (table(sample_plain(), "plain").header, table(sample_plain(), "plain").rows) == (
        expected.header,
        expected.rows,
    )


def test_a_row_that_could_be_split_in_two_ways_is_left_out() -> None:
    lines = [
        "Point Tea Coffee",
        "Cost Low High",
        "Taste Mild Strong",
        "Maker IBM SAP Nobody",
    ]
    grid, lost = read_table(lines, heading="Tea vs Coffee")
    assert grid is not None
    assert grid.rows == (("Cost", "Low", "High"), ("Taste", "Mild", "Strong"))
    assert lost == 1


def test_a_table_of_which_no_columns_are_known_is_left_out_and_said_so() -> None:
    rows = "Point Alpha Beta Gamma\nCost Low Middle High\nTime Short Long Longer\nRisk Small Big Bigger"
    article = read(f"A title for this\n\nSome words that stand before it all, enough for prose.\n\n{rows}", "plain")
    assert not [block for block in article.blocks if isinstance(block, Table)]
    assert "Middle" not in str(article.lede)
    assert any("table" in line for line in article.left_out)


def test_what_the_page_adds_to_an_article_is_dropped_and_reported() -> None:
    article = read(sample_plain(), "plain")
    everything = str(article)
    assert "Skip to content" not in everything
    assert "9 min read" not in everything
    assert "Ada builds things" not in everything
    assert any("after the article" in line for line in article.left_out)


def test_the_page_around_an_html_article_is_dropped() -> None:
    everything = str(read(sample_html(), "html"))
    for word in ("Menu", "Imprint", "Join us", "let x"):
        assert word not in everything


def test_promotions_between_title_and_article_are_dropped() -> None:
    text = (
        "The Real Title of This Article\n\nA lede that says what it is about, in one whole sentence.\n\n5 min read\n\n"
        "Buy My Course\n\nEight weeks of video lessons.\n\nThe First Real Heading\n\n" + "Words with substance. " * 30
    )
    article = read(text, "plain")
    assert article.headings == ("The First Real Heading",)
    assert [block.text for block in article.lede if isinstance(block, Paragraph)] == [
        "A lede that says what it is about, in one whole sentence."
    ]


def test_short_sections_stay_when_nothing_says_that_it_is_a_page() -> None:
    text = (
        "The Title of It\n\nThe Short Part\n\nOnly a few words here.\n\nThe Long Part\n\n" + "Words of substance. " * 30
    )
    assert read(text, "plain").headings == ("The Short Part", "The Long Part")


def test_lists_copied_without_bullets_are_lists() -> None:
    text = "A Title Here\n\nThe Heading\n\nThese are the three:\n\nthe first thing\nthe second thing\nthe third thing\n"
    blocks = read(text, "plain").sections[0].blocks
    assert isinstance(blocks[1], Listing)
    assert blocks[1].items == ("the first thing", "the second thing", "the third thing")


def test_folded_lines_are_one_paragraph() -> None:
    text = "Some editors fold a paragraph at a column, and nobody wants it to be four paragraphs afterwards. " * 3
    lede = read(textwrap.fill(text, 70), "plain").lede
    assert [block.text for block in lede if isinstance(block, Paragraph)] == [text.strip()]


def test_an_edit_changes_only_the_ids_of_what_was_edited() -> None:
    before = read(sample_markdown(), "markdown")
    after = read(sample_markdown().replace("a fourth tool", "a fifth tool"), "markdown")
    changed = {b.id for b in before.blocks} ^ {b.id for b in after.blocks}
    assert len(changed) == 2


def test_the_same_words_under_two_headings_have_two_ids() -> None:
    article = read("# T\n\n## A\n\nSame words.\n\n## B\n\nSame words.\n", "markdown")
    assert len({block.id for block in article.blocks}) == 2


def test_anchors_are_unique_and_those_of_a_page_are_kept() -> None:
    article = read("<h1>T</h1><h2 id='own'>A</h2><p>words</p><h2>B c</h2><p>words</p><h2>B c</h2><p>words</p>", "html")
    assert [section.anchor for section in article.sections] == ["own", "b-c", "b-c-2"]


def test_windows_line_ends_and_marks_change_nothing() -> None:
    assert read("\ufeff" + sample_markdown().replace("\n", "\r\n"), "markdown") == read(sample_markdown(), "markdown")


def test_right_to_left_text_is_kept_and_direction_tricks_are_not() -> None:
    article = read("# مقال قصير\n\nهذه فقرة\u202e واحدة.\n", "markdown")
    assert article.title == "مقال قصير"
    assert "\u202e" not in str(article.lede[0])
    assert "هذه فقرة" in str(article.lede[0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", "   \n\n ", "\x00\x00", "\u200b"])
def test_nothing_is_no_article(kind: Kind, text: str) -> None:
    with pytest.raises(EmptyArticle, match="no text"):
        read(text, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_five_million_characters_are_refused_with_the_limit(kind: Kind) -> None:
    with pytest.raises(ArticleTooLong, match="may have"):
        read("word " * 1_000_000, kind)


def test_bytes_of_something_else_are_refused() -> None:
    with pytest.raises(NotText, match="not a text file"):
        read("\x01\x02\x03PNG\x05\x06", "plain")


def test_html_that_nests_without_end_is_refused() -> None:
    with pytest.raises(ArticleNestedTooDeep):
        read("<div>" * 5_000 + "<p>words", "html")


def test_a_date_that_is_none_is_named() -> None:
    with pytest.raises(FrontMatterWrong, match="date: soon"):
        read("---\ntitle: T\ndate: soon\n---\n\nText.", "markdown")


def test_one_paragraph_without_a_heading_is_titled_by_its_file() -> None:
    article = read_article("Just one paragraph of text.", kind=None, name="my-first_note.txt")
    assert article.title == "My first note"
    assert article.sections == ()


# Pieces that mean something to one of the readers, so that random texts reach their corners.
_TELLING = st.sampled_from(
    [
        *("# ", "## A heading\n\n", "\n\n", "- ", "1. ", "| a | b |\n|---|---|\n| c | d |\n", "---\n", "• ", "\t"),
        *("<p>", "<h2>", "</div>", "<ul><li>", "<table><tr><td>", "<dl><dt>Why?<dd>", "<details><summary>"),
        *("FAQ\n\n", "Why is that?\n\n", "A vs B\n\n", "Point A B\nOne Two Three\n", "falls into two areas.\n\n"),
        *("5 min read\n\n", "Thanks for reading\n\n", "\x00", "\u202e", "…", "word " * 40),
    ]
)
_TEXTS = st.lists(_TELLING | st.text(max_size=40), max_size=25).map("".join)


@settings(max_examples=150, deadline=None)
@given(text=_TEXTS, kind=st.sampled_from(KINDS))
def test_whatever_comes_in_an_article_or_an_article_error_comes_out(text: str, kind: Kind) -> None:
    try:
        article = read_article(text, kind=kind, name="x.txt")
    except ArticleError as error:
        assert error.what
        assert error.fix
        return
    assert article.title
    assert read_article(text, kind=kind, name="x.txt") == article
    assert not any(c in str(block) for block in article.blocks for c in "\x00\u202e")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "bit", ["[", "*a ", ".", "<b>x</b>", "A b C d\n", "a\n\n", "## a?\n\nb\n\n", "| a | b |\n|-|-|\n| c |\n", "\t"]
)
def test_work_grows_with_the_length_and_no_faster(kind: Kind, bit: str) -> None:
    """Calls are counted, because a shared machine is no clock; what one call does inside is only bounded."""

    def calls(length: int) -> int:
        counted = [0]

        def count(*_: object) -> None:
            counted[0] += 1

        sys.setprofile(count)
        try:
            with contextlib.suppress(ArticleError):
                read_article("A Title For It\n\n" + bit * (length // len(bit)), kind=kind, name="x")
        finally:
            sys.setprofile(None)
        return counted[0]

    calls(1_000)
    begun = time.process_time()
    assert calls(20_000) < 5 * calls(5_000) + 1_000
    assert time.process_time() - begun < 10
