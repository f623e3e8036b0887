"""A letter as a tree: what every mail says, written once and rendered as text and as HTML.

The text part is not stripped HTML and the HTML is not decorated text: both come from the same blocks, so they
cannot say different things. The look follows a plain letter: one column, no card, no image, one underlined link
or one button. Nothing here knows about RFC 5322; see `compose`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import assert_never


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class Quote:
    """Somebody's own words, shown back to them or to the advisor. Line breaks are kept."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list; `ordered` numbers it."""

    items: tuple[str, ...]
    ordered: bool = False


@dataclass(frozen=True)
class Facts:
    """Short labelled lines: the box of day, time and link of an invitation, or a comparison."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Link:
    """A line that is a link. At most one of a letter is `button`: the next step."""

    label: str
    url: str
    button: bool = False


Block = Paragraph | Quote | Bullets | Facts | Link


@dataclass(frozen=True)
class Letter:
    """A whole mail body.

    `preheader` is what an inbox shows after the subject. `signature` are the lines under the text. `footer` are
    small lines: plain strings, or links. `lang` is a BCP 47 tag.
    """

    subject: str
    blocks: tuple[Block, ...]
    preheader: str = ""
    signature: tuple[str, ...] = ()
    footer: tuple[str | Link, ...] = ()
    lang: str = "en"


def as_text(letter: Letter) -> str:
    """The text part: 72 columns, links on their own line, a footer after the `-- ` separator.

    >>> print(as_text(Letter("Hi", (Paragraph("One."), Bullets(("a", "b"))), signature=("Ada",))))
    One.
    <BLANKLINE>
    - a
    - b
    <BLANKLINE>
    Ada
    <BLANKLINE>
    """
    parts = [_block_text(block) for block in letter.blocks]
    if letter.signature:
        parts.append("\n".join(letter.signature))
    if letter.footer:
        parts.append("-- \n" + "\n".join(_footer_text(line) for line in letter.footer))
    return "\n\n".join(parts) + "\n"


def as_html(letter: Letter) -> str:
    """The HTML part: a whole document under 20 kB, readable without images, styles or scripts."""
    lang = escape(letter.lang, quote=True)
    body = "".join(_block_html(block) for block in letter.blocks)
    body += _signature_html(letter.signature) + _footer_html(letter.footer)
    return _PAGE.format(lang=lang, title=escape(letter.subject), preheader=escape(letter.preheader), body=body)


def _block_text(block: Block) -> str:
    match block:
        case Paragraph(text):
            return _wrap(text)
        case Quote(text):
            return "\n".join(_wrap(line, first="> ", rest="> ") if line else ">" for line in text.splitlines())
        case Bullets(items, ordered):
            marks = [f"{n}. " if ordered else "- " for n in range(1, len(items) + 1)]
            return "\n".join(_wrap(i, first=m, rest=" " * len(m)) for m, i in zip(marks, items, strict=True))
        case Facts(rows):
            return "\n".join(f"{_asked(label)} {value}" if label else value for label, value in rows)
        case Link(label, url):
            return f"{label}:\n{url}"
        case _:
            assert_never(block)


def _block_html(block: Block) -> str:
    match block:
        case Paragraph(text):
            return f"<p{_P}>{escape(text)}</p>"
        case Quote(text):
            words = "<br>".join(escape(line) for line in text.splitlines())
            return f"<blockquote{_QUOTE}>{words}</blockquote>"
        case Bullets(items, ordered):
            tag = "ol" if ordered else "ul"
            rows = "".join(f'<li style="margin:0 0 8px">{escape(item)}</li>' for item in items)
            return f'<{tag} style="margin:0 0 16px;padding:0 0 0 24px">{rows}</{tag}>'
        case Facts(rows):
            lines = "<br>".join(_fact_html(label, value) for label, value in rows)
            return f"<p{_P}>{lines}</p>"
        case Link(label, url, button):
            look = f'style="{_BUTTON}" class="button"' if button else f'style="{_LINK}"'
            return f'<p{_P}><a href="{escape(url, quote=True)}" {look}>{escape(label)}</a></p>'
        case _:
            assert_never(block)


def _fact_html(label: str, value: str) -> str:
    """A fact's value is linked when it is an address, so that a phone can tap it."""
    shown = escape(value)
    if value.startswith(("https://", "http://")):
        shown = f'<a href="{escape(value, quote=True)}" style="{_LINK}">{shown}</a>'
    return f"<strong>{escape(_asked(label))}</strong> {shown}" if label else shown


def _asked(label: str) -> str:
    """A label as it stands before its value: a question brings its own mark."""
    return label if label.endswith("?") else f"{label}:"


def _signature_html(lines: Sequence[str]) -> str:
    return f"<p{_P}>" + "<br>".join(escape(line) for line in lines) + "</p>" if lines else ""


def _footer_html(lines: Sequence[str | Link]) -> str:
    if not lines:
        return ""
    shown = "<br>".join(_footer_line_html(line) for line in lines)
    return f'<p style="margin:40px 0 0;font-size:13px;line-height:20px;color:#5E5A53" class="small">{shown}</p>'


def _footer_line_html(line: str | Link) -> str:
    if isinstance(line, Link):
        return f'<a href="{escape(line.url, quote=True)}" style="color:#5E5A53" class="small">{escape(line.label)}</a>'
    return escape(line)


def _footer_text(line: str | Link) -> str:
    return f"{line.label}: {line.url}" if isinstance(line, Link) else _wrap(line)


def _wrap(text: str, *, first: str = "", rest: str = "") -> str:
    """Folded at 72 columns, but never inside a word: a link that is broken cannot be tapped."""
    folder = textwrap.TextWrapper(
        72, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return folder.fill(text)


_P = ' style="margin:0 0 16px"'
_QUOTE = ' style="margin:0 0 16px;padding:0 0 0 12px;border-left:2px solid #0E5A48"'
_LINK = "color:#0E5A48;text-decoration:underline"
_BUTTON = (
    "display:inline-block;background:#0E5A48;color:#FFFFFF;padding:12px 20px;border-radius:8px;text-decoration:none"
)
# `dir` and `lang` stand on the wrapper too: several clients drop <html>. The colour scheme lets dark clients invert.
_PAGE = (
    '<!doctype html><html lang="{lang}" dir="auto"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
    '<meta name="supported-color-schemes" content="light dark"><title>{title}</title>'
    # The only style sheet: what a dark client cannot know. A client that drops it shows the light colours.
    "<style>@media (prefers-color-scheme: dark) {{ body {{ background: #171614; color: #EFECE6 }}"
    " a {{ color: #86D3BC !important }} .small {{ color: #A8A297 !important }}"
    " .button {{ background: #86D3BC !important; color: #171614 !important }} }}</style></head>"
    '<body style="margin:0;padding:16px"><div lang="{lang}" dir="auto" style="max-width:600px;overflow-wrap:anywhere;'
    "font:16px/26px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif\">"
    '<div style="display:none;max-height:0;overflow:hidden">{preheader}</div>{body}</div></body></html>'
)
