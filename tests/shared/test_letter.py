"""A letter's text and its HTML say the same, and nothing that somebody wrote becomes markup."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from shared.mail.letter import Block, Bullets, Facts, Letter, Link, Paragraph, Quote, as_html, as_text

BLOCKS: list[Block] = [
    Paragraph("The fee is fixed: three days a month."),
    Quote("What does it cost\nfor forty people?"),
    Bullets(("Strategy", "Quality")),
    Bullets(("Look", "Plan"), ordered=True),
    Facts((("Day", "Tuesday"), ("Where", "https://meet.advisor.test/nora"), ("", "no label"))),
    Link("Book a call", "https://firstcall.test/book/intro?a=1&b=2", button=True),
]
LETTER = Letter(
    subject="Your question",
    blocks=tuple(BLOCKS),
    preheader="Three days a month",
    signature=("Nora Feld", "Fractional AI officer"),
    footer=("Lindenweg 4, Berlin", Link("Stop", "https://firstcall.test/u/abc")),
    lang="de",
)
# Any letters, and what breaks HTML. No blanks: where a line is folded is not what is said.
INSIDE = {"div", "p", "blockquote", "ul", "li", "strong", "br", "a"}
WORDS = st.text(st.characters(whitelist_categories=["L", "N", "S", "P"]), min_size=1, max_size=30)


def page(letter: Letter) -> BeautifulSoup:
    return BeautifulSoup(as_html(letter), "html.parser")


def said(text: str) -> str:
    """A text without the white space that only lays it out."""
    return " ".join(text.split())


def texts_of(block: Block) -> list[str]:
    match block:
        case Paragraph(text):
            return [text]
        case Quote(text):
            return text.splitlines()
        case Bullets(items):
            return list(items)
        case Facts(rows):
            return [part for row in rows for part in row if part]
        case Link(label):
            return [label]


@pytest.mark.parametrize("block", BLOCKS)
def test_every_text_of_a_block_stands_in_both_parts(block: Block) -> None:
    letter = Letter("Hi", (block,))
    text, html = said(as_text(letter)), said(page(letter).get_text(" "))
    for words in texts_of(block):
        assert words in text
        assert words in html


def test_signature_and_footer_stand_in_both_parts() -> None:
    text, html = as_text(LETTER), page(LETTER).get_text(" ")
    for words in ("Nora Feld", "Fractional AI officer", "Lindenweg 4, Berlin", "Stop"):
        assert words in text
        assert words in html


def test_every_link_of_one_part_is_in_the_other() -> None:
    html = {str(link["href"]) for link in page(LETTER).find_all("a")}
    text = set(re.findall(r"https?://\S+", as_text(LETTER)))
    assert html == text
    assert len(html) == 3


def test_the_blocks_stand_in_the_same_order_in_both_parts() -> None:
    words = ["The fee", "What does it cost", "Strategy", "Quality", "Look", "Tuesday", "Book a call", "Nora", "Stop"]
    for shown in (as_text(LETTER), as_html(LETTER).partition("<body")[2]):
        assert sorted(words, key=shown.index) == words


@given(words=WORDS)
def test_whatever_somebody_wrote_is_text_in_both_parts(words: str) -> None:
    blocks = (
        Paragraph(words),
        Quote(words),
        Bullets((words,)),
        Facts(((words, words),)),
        Link(words, "https://x.test"),
    )
    letter = Letter(words, blocks, preheader=words, signature=(words,), footer=(words,))
    assert as_text(letter).count(words) >= 8
    shown = page(letter)
    assert shown.body is not None
    assert shown.body.get_text("\n").count(words) >= 8
    assert {tag.name for tag in shown.body.find_all(True)} <= INSIDE
    assert shown.title is not None
    assert shown.title.get_text() == words


@pytest.mark.parametrize("hostile", ['"><script>alert(1)</script>', "' onclick='x", "</div></body>", "{title} %s {0}"])
def test_markup_and_placeholders_stay_text(hostile: str) -> None:
    letter = Letter(
        hostile, (Link(hostile, f"https://x.test/?q={hostile}"), Facts((("", f"http://y.test/{hostile}"),)))
    )
    shown = page(letter)
    assert shown.find("script") is None
    assert [str(link["href"]) for link in shown.find_all("a")] == [
        f"https://x.test/?q={hostile}",
        f"http://y.test/{hostile}",
    ]
    assert all(set(link.attrs) <= {"href", "style", "class"} for link in shown.find_all("a"))


def test_text_lines_are_short_and_links_are_whole() -> None:
    long = "https://firstcall.test/book/intro?" + "&".join(f"utm_{n}=value" for n in range(20))
    written = f"See https://advisor.test/{'x' * 90} for more"
    letter = Letter("Hi", (Paragraph("word " * 60), Bullets(("word " * 40,)), Paragraph(written), Link("Book", long)))
    lines = as_text(letter).splitlines()
    assert long in lines
    assert written.split()[1] in lines
    lines.remove(written.split()[1])
    assert max(len(line) for line in lines if line != long) <= 72


def test_the_footer_stands_below_the_separator_of_signatures() -> None:
    assert "\n-- \nLindenweg 4, Berlin\nStop: https://firstcall.test/u/abc\n" in as_text(LETTER)


def test_only_the_inbox_shows_the_preheader() -> None:
    hidden = page(LETTER).find(string="Three days a month")
    assert hidden is not None
    assert hidden.parent is not None
    assert "display:none" in str(hidden.parent["style"])
    assert "Three days a month" not in as_text(LETTER)


def test_a_long_address_is_broken_where_the_screen_ends() -> None:
    body = page(LETTER).body
    assert body is not None
    assert "overflow-wrap:anywhere" in str(body.find("div"))


def test_a_letter_loads_nothing_and_says_its_language() -> None:
    html = as_html(LETTER)
    assert not re.search(r"<(img|script|link|iframe|form)|url\(|@import", html)
    assert html.count('lang="de"') == 2
    assert len(html) < 20_000


def test_a_question_as_a_label_keeps_its_own_mark() -> None:
    letter = Letter("Hi", (Facts((("What for?", "A yes"), ("Day", "Tuesday"))),))
    assert as_text(letter) == "What for? A yes\nDay: Tuesday\n"
    assert "<strong>What for?</strong> A yes" in as_html(letter)
