"""Reading articles: Markdown, HTML, or plain text as copied from a browser, into one tree.

Each kind has a reader that yields a flat run of pieces; `assemble` makes the tree of all of them. Whatever comes in,
what comes out is an Article or an ArticleError, after a time that grows with the length of the input and no faster.
"""

from __future__ import annotations

import re
from typing import Literal

from services.nurture.domain.article import Article
from services.nurture.domain.reading.assemble import assemble
from services.nurture.domain.reading.clean import MOST_OF_A_PAGE, clean_text
from services.nurture.domain.reading.html import read_html
from services.nurture.domain.reading.markdown import read_markdown
from services.nurture.domain.reading.plain import read_plain

Kind = Literal["markdown", "html", "plain"]

_ENDINGS: dict[str, Kind] = {"md": "markdown", "markdown": "markdown", "html": "html", "htm": "html", "xhtml": "html"}


def read_article(source: str, *, kind: Kind | None, name: str) -> Article:
    """The article in `source`. With no `kind`, the ending of `name` tells it, or else the text itself.

    `name` is the file's name, and the title of an article that says none. Raises ArticleError.
    """
    kind = kind or sniff_kind(source, name=name)
    text = clean_text(source, most=MOST_OF_A_PAGE) if kind == "html" else clean_text(source)
    reader = {"markdown": read_markdown, "html": read_html, "plain": read_plain}[kind]
    return assemble(reader(text), name=_title_from(name))


def sniff_kind(source: str, *, name: str = "") -> Kind:
    """What kind of text this is.

    >>> sniff_kind("<!doctype html><p>Hi"), sniff_kind("# Hi\\n\\nText"), sniff_kind("Hi\\n\\nText")
    ('html', 'markdown', 'plain')
    """
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    start = source[:20_000]
    if _HTML.search(start):
        return "html"
    return "markdown" if _MARKDOWN.search(start) else "plain"


_HTML = re.compile(r"\A\s*<(!doctype|html|head|body|article|main|div|h1|p)\b|</(p|h[1-6]|ul|article)>", re.IGNORECASE)
_MARKDOWN = re.compile(r"\A\s*---\n(\w+:.*\n)+---|^#{1,6} \S|^\S.*\n(===+|---+)$|\]\(https?://", re.MULTILINE)


def _title_from(name: str) -> str:
    stem = name.rpartition("/")[2].rsplit(".", 1)[0]
    words = re.sub(r"[\W_]+", " ", stem).strip()
    return words[:1].upper() + words[1:]
