"""What stands around an article on its page and is no part of it: reading times, share buttons, author boxes, promos.

Known by what sites call such things, never by the words of one site. English, and a few words of its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.nurture.domain.reading.pieces import Asked, Button, Grid, Heading, Items, Piece, Prose, said
from services.nurture.domain.sentences import word_count

# Lines of a page's head. One of them shows that what follows a title was copied from a page.
_HEAD_LINE = re.compile(
    r"^skip to .{0,30}(content|navigation)$|^\W*\d+ ?(m|min|mins|minutes?)\b.{0,8}read(ing)?( time)?\W*$|"
    r"^reading time\b.{0,20}$|^(#[\w-]+\s*)+$|\b(featured|hero|cover|header)( blog)?( post)? image$|"
    r"^(by|written by|posted by|author:?|von|par|por)( (?-i:[A-Z])[\w'’-]*\.?){1,4} ?([|·•,] ?.{0,40})?$|"
    r"^(published|updated|posted|last updated)\b.{0,40}$|"
    r"^(\w{3,9}\.? \d{1,2},? \d{4}|\d{1,2}\.? \w{3,9}\.? \d{4}|\d{4}-\d\d-\d\d)( ?[|·•] ?.{0,40})?$|"
    r"^(image|photo|picture|illustration|credit|source): ",
    re.IGNORECASE,
)
# Single words and phrases that pages put on their own line. Whole lines only.
_BUTTON_LINE = re.compile(
    r"^\W*(home|menu|search|blog|log ?in|sign ?(in|up)|subscribe|follow|share|tweet|copy link|copy|print|e-?mail|"
    r"facebook|linkedin|twitter|x|whatsapp|reddit|instagram|youtube|rss|back to top|load more|read more|next|previous|"
    r"accept( all)?( cookies)?|close|advertisement|sponsored|comments?|reply|like|save|listen|download pdf)\W*$",
    re.IGNORECASE,
)
# With these the article is over and the page goes on.
_TAIL = re.compile(
    r"^\W*(thanks? (you )?(so much )?for reading|about (the )?authors?\b|about me$|share (this|on)\b|related\b|"
    r"(read|up) next$|(you )?(may|might) also (like|enjoy)|more (from|articles|posts|reading)|recommended\b.{0,30}$|"
    r"(\d+ )?comments?$|leave a (reply|comment)|post a comment|support this\b|subscribe\b.{0,60}$|newsletter$|"
    r"join (my|our|the) (newsletter|list)|©|copyright\b|all rights reserved|(tags?|filed under|posted in|categories):|"
    r"previous (post|article)|next (post|article)|back to (top|all|blog)|cookie|privacy policy|follow (me|us)\b|"
    r"über den autor|à propos de l|sobre (el|o) autor)",
    re.IGNORECASE,
)
_CONTENTS = re.compile(
    r"^\W*((table of )?contents|on this page|in this (article|post|guide)|jump to|inhalt|sommaire)\W*$", re.IGNORECASE
)
_ARROW = re.compile(r"[→›»➜➔⟶>]\W*$")


def is_head_line(text: str) -> bool:
    """A reading time, a by-line, a date, hashtags, the caption of a title picture.

    >>> is_head_line("12m read"), is_head_line("By Ana Silva"), is_head_line("By then it was too late.")
    (True, True, False)
    """
    return len(text) <= 160 and bool(_HEAD_LINE.search(text.strip()))


def is_furniture(text: str) -> bool:
    """A line that belongs to the page: a head line or a button of the site."""
    return is_head_line(text) or bool(_BUTTON_LINE.match(text))


def is_button(text: str) -> bool:
    """A line that ends in an arrow: copied from something to press."""
    return len(text) <= 90 and bool(_ARROW.search(text))


def without_furniture(pieces: Sequence[Piece]) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
    """The pieces that are the article's own, and a line for each thing left out."""
    kept, after = _split_tail(pieces)
    kept, contents = _without_contents(kept)
    kept = [as_button(piece) for piece in kept if not _is_line_of_the_page(piece)]
    notes = [f"after the article, {_words(after)} words from “{_start(after[0])}” on"] if after else []
    notes += ["its table of contents"] if contents else []
    return tuple(kept), tuple(notes)


def as_button(piece: Piece) -> Piece:
    """A piece that is a button when it looks like one."""
    if isinstance(piece, Prose | Heading) and is_button(piece.text):
        return Button(_ARROW.sub("", piece.text).strip())
    return piece


def _split_tail(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Cut at the first tail mark that has most of the words before it: "Related" may also be a word of the text."""
    whole = _words(pieces)
    before = 0
    for at, piece in enumerate(pieces):
        short = word_count(said(piece)) <= 60 and not isinstance(piece, Grid | Asked)
        if short and before * 2 > whole and _TAIL.match(said(piece)):
            return list(pieces[:at]), list(pieces[at:])
        before += word_count(said(piece))
    return list(pieces), []


def _without_contents(pieces: Sequence[Piece]) -> tuple[list[Piece], bool]:
    """A table of contents is its heading and the one list under it."""
    out: list[Piece] = []
    found = False
    for piece in pieces:
        if isinstance(piece, Items) and out and _CONTENTS.match(said(out[-1])):
            out.pop()
            found = True
        else:
            out.append(piece)
    return out, found


def _is_line_of_the_page(piece: Piece) -> bool:
    """A list is the page's when it holds a line of a page's head; a single line when it is any such line."""
    if isinstance(piece, Items):
        return any(is_head_line(item) for item in piece.items)
    return not isinstance(piece, Grid | Asked) and is_furniture(said(piece))


def _words(pieces: Sequence[Piece]) -> int:
    return sum(word_count(said(piece)) for piece in pieces)


def _start(piece: Piece) -> str:
    words = said(piece).split()
    return " ".join(words[:5]) + (" …" if len(words) > 5 else "")
