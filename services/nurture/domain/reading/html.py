"""HTML, a whole page or a part, into pieces.

nh3 reads it first, as a browser would, and gives back balanced and harmless elements, so nothing here meets hostile
markup; Beautiful Soup then walks what is left. Neither is asked to go deeper than pages really go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import nh3
from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag

from services.nurture.domain.errors import ArticleNestedTooDeep
from services.nurture.domain.reading.clean import clean_text, one_line
from services.nurture.domain.reading.furniture import without_furniture
from services.nurture.domain.reading.pieces import Asked, Button, Draft, Grid, Heading, Items, Piece, Prose
from services.nurture.domain.sentences import word_set

DEEPEST = 100

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = word_set("article body details div dl dt dd figure header hgroup main p section summary")
_INLINE = word_set("a abbr b bdi bdo br cite code em i kbd mark q s small span strong sub sup time u var wbr")
_STRUCTURE = word_set("blockquote li ol table tbody td tfoot th thead tr ul")
# Elements that are dropped with everything in them.
_DROPPED = word_set(
    "script style template noscript nav aside footer form button select svg math iframe object video audio canvas"
    " dialog figcaption pre title"
)
_DROPPED_ROLES = frozenset({"navigation", "complementary", "contentinfo", "search", "banner", "dialog", "note"})
_VOID = word_set("area base br col embed hr img input link meta param source track wbr")
# These are closed by what follows them, so an opening tag without a closing one says nothing about depth.
_SELF_CLOSING = word_set("p li dt dd tr td th thead tbody tfoot option colgroup")


def read_html(text: str) -> Draft:
    """The pieces of an HTML text: of its `<article>` or `<main>` if it has one, without the page around it.

    Raises ArticleNestedTooDeep, and ArticleTooLong when there is more text in it than an article has.
    """
    _check_depth(text)
    soup = BeautifulSoup(_harmless(text), "html.parser")
    clean_text(soup.get_text())
    root = _root(soup)
    pieces, left_out = without_furniture(tuple(_pieces(root)))
    if not any(isinstance(p, Heading) and p.level == 1 for p in pieces):
        outside = soup.find("h1")
        title = one_line(outside.get_text(" ")) if isinstance(outside, Tag) else _page_title(text)
        return Draft(pieces, title=title, left_out=left_out)
    return Draft(pieces, left_out=left_out)


def _check_depth(text: str) -> None:
    depth = 0
    for closing, name in re.findall(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)", text):
        if name.lower() not in _VOID and name.lower() not in _SELF_CLOSING:
            depth = max(0, depth - 1) if closing else depth + 1
        if depth > DEEPEST:
            raise ArticleNestedTooDeep(most=DEEPEST)


def _harmless(text: str) -> str:
    """The page as well-formed HTML of known elements."""
    known = set(_BLOCKS | _INLINE | _STRUCTURE | set(_HEADINGS))
    kept = {tag: {"id", "role", "hidden", "aria-hidden"} for tag in known}
    return nh3.clean(text, tags=known, clean_content_tags=set(_DROPPED), attributes=kept, link_rel=None)


def _root(soup: BeautifulSoup) -> Tag:
    """The element that holds the article: the longest `<article>`, else `<main>`, else everything."""
    for found in (soup.find_all("article"), soup.find_all("main"), soup.find_all(attrs={"role": "main"})):
        tags = [tag for tag in found if isinstance(tag, Tag)]
        if tags:
            return max(tags, key=lambda tag: len(tag.get_text()))
    return soup


def _page_title(text: str) -> str:
    """What `<title>` says, without the site's name behind a bar."""
    match = re.search(r"<title[^>]{0,200}>([^<]{1,300})", text, re.IGNORECASE)
    words = BeautifulSoup(match.group(1), "html.parser").get_text() if match else ""
    return one_line(re.split(r" [|–—·] ", words)[0])


def _pieces(root: Tag) -> Iterator[Piece]:
    """Walks without recursion. Inline text is gathered until a block begins or ends, and is a paragraph then."""
    stack: list[PageElement | None] = [None, *reversed(root.contents)]
    run: list[PageElement] = []
    while stack:
        node = stack.pop()
        if node is not None and _is_inline(node):
            run.append(node)
            continue
        yield from _paragraph(run)
        run = []
        if isinstance(node, Tag) and not _is_dropped(node):
            taken = _taken_whole(node)
            if taken is None:
                stack.extend((None, *reversed(node.contents)))
            else:
                yield from taken


def _is_inline(node: PageElement) -> bool:
    """Text, or an inline element that holds no block: some pages wrap a whole card in one link."""
    if isinstance(node, Tag):
        return node.name in _INLINE and not node.find(lambda t: t.name not in _INLINE)
    return isinstance(node, NavigableString)


def _is_dropped(tag: Tag) -> bool:
    hidden = tag.has_attr("hidden") or tag.get("aria-hidden") == "true"
    return hidden or tag.get("role") in _DROPPED_ROLES


def _paragraph(run: list[PageElement]) -> Iterator[Piece]:
    text = one_line("".join(_words(node) for node in run))
    if not text:
        return
    shown = [node for node in run if _words(node).strip()]
    pressed = len(shown) == 1 and isinstance(shown[0], Tag) and shown[0].name == "a" and len(text) <= 80
    yield Button(text) if pressed else Prose(text)


def _words(node: PageElement) -> str:
    if isinstance(node, Tag):
        return " " if node.name == "br" else "".join(_words_inside(node))
    return str(node) if type(node) is NavigableString else ""


def _words_inside(tag: Tag) -> Iterator[str]:
    for node in tag.descendants:
        if type(node) is NavigableString:
            yield str(node)
        elif isinstance(node, Tag) and node.name not in _INLINE - {"br"}:
            yield " "


def _taken_whole(tag: Tag) -> tuple[Piece, ...] | None:
    """The pieces of an element that is read as one thing, or None for one that is only walked through."""
    if tag.name in _HEADINGS:
        text = one_line("".join(_words_inside(tag)))
        return (Heading(text, level=int(tag.name[1]), anchor=str(tag.get("id") or "")),) if text else ()
    if tag.name in ("ul", "ol"):
        items = tuple(text for text in (_item(li) for li in tag.find_all("li", recursive=False)) if text)
        return (Items(items, ordered=tag.name == "ol"),) if items else ()
    if tag.name == "table" and not tag.find([*_HEADINGS, "ul", "ol", "table"]):
        return _grid(tag)
    if tag.name in ("dl", "details"):
        return _asked(tag)
    return None


def _item(li: Tag) -> str:
    """An item's own words, without the lists inside it."""
    words = (_words(node) for node in li.contents if not (isinstance(node, Tag) and node.name in ("ul", "ol")))
    return one_line(" ".join(words))


def _grid(table: Tag) -> tuple[Piece, ...]:
    rows = [tuple(one_line("".join(_words_inside(c))) for c in r.find_all(["td", "th"])) for r in table.find_all("tr")]
    rows = [row for row in rows if any(row)]
    if len(rows) < 2 or len(rows[0]) < 2:
        return tuple(Prose(" ".join(row)) for row in rows)
    return (Grid(rows[0], tuple(rows[1:])),)


def _asked(tag: Tag) -> tuple[Piece, ...]:
    """Terms with their definitions, or a fold-out: a question with its answer when it is one, else paragraphs."""
    out: list[Piece] = []
    for node in tag.find_all(["dt", "dd"]) if tag.name == "dl" else tag.find_all(True, recursive=False):
        text = one_line("".join(_words_inside(node)))
        if text and node.name in ("dt", "summary"):
            out.append(Asked(text, ()))
        elif text and out and isinstance(out[-1], Asked):
            out[-1] = Asked(out[-1].question, (*out[-1].answer, text))
    return tuple(piece for piece in out if isinstance(piece, Asked) and piece.answer)
