"""Markdown (CommonMark with tables, and a few `key: value` lines at the top) into pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from services.nurture.domain.reading.clean import one_line
from services.nurture.domain.reading.frontmatter import split_front_matter
from services.nurture.domain.reading.pieces import Button, Draft, Grid, Heading, Items, Piece, Prose

# Inline markup is parsed block by block, and not at all in blocks longer than this: some runs of brackets and stars
# cost the parser the square of their length, and no paragraph of an article is so long.
_LONGEST_INLINE = 5_000


def read_markdown(text: str) -> Draft:
    """The pieces of a Markdown text. Raw HTML, code, pictures and rules are left out."""
    meta, body = split_front_matter(text)
    parser = MarkdownIt("commonmark", {"maxNesting": 12}).enable("table").disable("inline")
    tokens = parser.parse(body)
    return Draft(
        pieces=tuple(_pieces(tokens)),
        title=one_line(meta.get("title", "")),
        slug=meta.get("slug", ""),
        description=one_line(meta.get("description", "")),
        date=meta.get("date", ""),
        left_out=_left_out(tokens),
    )


def _pieces(tokens: Sequence[Token]) -> Iterator[Piece]:
    at = 0
    while at < len(tokens):
        token = tokens[at]
        end = _end_of(tokens, at)
        piece = _piece(token, tokens[at + 1 : end])
        if piece:
            yield piece
        # A quote is opened and read through, everything else was taken whole.
        at = at + 1 if token.type == "blockquote_open" else end + 1


def _end_of(tokens: Sequence[Token], at: int) -> int:
    """Where the block that opens at `at` closes. Blocks of one token close where they open."""
    if tokens[at].nesting != 1 or tokens[at].type == "blockquote_open":
        return at
    depth = 0
    for n in range(at, len(tokens)):
        depth += tokens[n].nesting
        if depth == 0:
            return n
    return len(tokens) - 1


def _piece(token: Token, inner: Sequence[Token]) -> Piece | None:
    match token.type:
        case "heading_open":
            text = _plain(inner[0].content)
            return Heading(text, level=int(token.tag[1])) if text else None
        case "paragraph_open":
            return _paragraph(inner[0].content)
        case "bullet_list_open" | "ordered_list_open":
            items = tuple(_items(inner))
            return Items(items, ordered=token.type.startswith("ordered")) if items else None
        case "table_open":
            return _grid(inner)
        case _:
            return None


def _paragraph(content: str) -> Piece | None:
    """A paragraph, or a button when it is one link and nothing else."""
    text, linked = _inline(content)
    if not text:
        return None
    return Button(text) if text == linked and len(text) <= 80 else Prose(text)


def _items(inner: Sequence[Token]) -> Iterator[str]:
    """The text of each item of the outer list; lists inside items are left out."""
    depth = 0
    words: list[str] = []
    for token in inner:
        depth += token.nesting if token.type.startswith(("list_item", "bullet_list", "ordered_list")) else 0
        if token.type == "list_item_close" and depth == 0:
            if any(words):
                yield one_line(" ".join(words))
            words = []
        elif token.type == "inline" and depth == 1:
            words.append(_plain(token.content))


def _grid(inner: Sequence[Token]) -> Grid | None:
    rows: list[list[str]] = []
    for token in inner:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_plain(token.content))
    body = tuple(tuple(row) for row in rows[1:] if any(row))
    return Grid(tuple(rows[0]), body) if body else None


def _plain(content: str) -> str:
    return _inline(content)[0]


def _inline(content: str) -> tuple[str, str]:
    """The words of a run of inline markup, and those of them that are inside links."""
    if len(content) > _LONGEST_INLINE:
        return one_line(content), ""
    words: list[str] = []
    linked: list[str] = []
    depth = 0
    for token in _INLINE.parseInline(content)[0].children or ():
        depth += token.nesting if token.type.startswith("link") else 0
        shown = _words_of(token)
        words.append(shown)
        linked.append(shown if depth else "")
    return one_line("".join(words)), one_line("".join(linked))


def _words_of(token: Token) -> str:
    match token.type:
        case "text" | "code_inline" | "text_special":
            return token.content
        case "softbreak" | "hardbreak":
            return " "
        case _:
            return ""


def _left_out(tokens: Sequence[Token]) -> tuple[str, ...]:
    kinds = {"fence": "code", "code_block": "code", "html_block": "raw HTML"}
    found = [kinds[token.type] for token in tokens if token.type in kinds]
    return tuple(f"{kind}, {found.count(kind)} × (mails carry none)" for kind in dict.fromkeys(found))


_INLINE = MarkdownIt("commonmark", {"maxNesting": 12})
