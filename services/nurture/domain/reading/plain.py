"""Plain text, as copied from a browser or written in an editor, into pieces.

There is no markup, so headings are found by what they are: short lines without a full stop that stand before prose.
What belongs to the page and not to the article is dropped (see `furniture`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from services.nurture.domain.reading.clean import one_line
from services.nurture.domain.reading.frontmatter import split_front_matter
from services.nurture.domain.reading.furniture import is_button, is_furniture, without_furniture
from services.nurture.domain.reading.outline import with_levels
from services.nurture.domain.reading.pieces import Draft, Heading, Items, Piece, Prose, said
from services.nurture.domain.reading.tables import looks_tabular, read_table
from services.nurture.domain.sentences import word_count

_BULLET = re.compile(r"^\s*(?:[•●◦▪▸‣∙·*–—-]|\d{1,2}[.)]|[a-z]\))\s+(?=\S)")
_NUMBERED = re.compile(r"^\s*\d{1,2}[.)]\s")
_ENDS_PROSE = re.compile(r"[.!:;,…。！]['\"”’)\]]*$")


def read_plain(text: str) -> Draft:
    """The pieces of a plain text."""
    meta, body = split_front_matter(text)
    pieces, lost = _pieces(_groups(body))
    own, around = without_furniture(pieces)
    titled, before = with_levels(own, titled=meta.get("title", ""), copied=len(own) < len(pieces))
    return Draft(
        pieces=titled,
        title=meta.get("title", ""),
        slug=meta.get("slug", ""),
        description=meta.get("description", ""),
        date=meta.get("date", ""),
        left_out=before + around + lost,
    )


def _groups(body: str) -> list[list[str]]:
    """Runs of lines without a blank one between them. Text without blank lines is one line per paragraph."""
    groups = [group.split("\n") for group in re.split(r"\n[ \t]*(?:\n[ \t]*)+", body.strip("\n")) if group.strip()]
    if len(groups) == 1 and len(groups[0]) > 3 and not _is_wrapped(groups[0]):
        return [*_lines_and_lists(groups[0])]
    return groups


def _lines_and_lists(lines: Sequence[str]) -> Iterator[list[str]]:
    """Each line a group of its own, but list items together."""
    run: list[str] = []
    for line in lines:
        if run and not _BULLET.match(line):
            yield run
            run = []
        if _BULLET.match(line):
            run.append(line)
        elif line.strip():
            yield [line]
    if run:
        yield run


def _pieces(groups: Sequence[Sequence[str]]) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
    """Every piece in order. A single line is prose or a heading by what follows it, so groups are read backwards."""
    out: list[Piece] = []
    lost: list[str] = []
    above, text_begins = _lines_above(groups), _text_begins(groups)
    for at in range(len(groups) - 1, -1, -1):
        lines = [line for line in groups[at] if line.strip()]
        if len(lines) >= 3 and not any(map(_BULLET.match, lines)) and looks_tabular(lines):
            table, rows = read_table(lines, heading=above[at])
            lost.extend([f"a table of which the cells cannot be told apart, {rows} rows"] if rows else [])
            out.extend([table] if table else [])
        else:
            following = out[-1] if out else None
            title = at < text_begins and len(lines) == 1 and _could_be_title(lines[0], following)
            out.extend([Heading(one_line(lines[0]), 2)] if title else reversed(_read_group(lines, following=following)))
    return tuple(reversed(out)), tuple(lost)


def _text_begins(groups: Sequence[Sequence[str]]) -> int:
    """The first group that is a paragraph. What stands above it is a title, and the page's own lines."""
    texts = (one_line(" ".join(group)) for group in groups)
    told = (at for at, text in enumerate(texts) if word_count(text) >= 8 and _ENDS_PROSE.search(text))
    return next(told, 0)


def _could_be_title(line: str, following: Piece | None) -> bool:
    """A title may be longer than other headings, and a by-line may follow it."""
    text = one_line(line)
    plain = not is_furniture(text) and not is_button(text) and not _ENDS_PROSE.search(text)
    return following is not None and plain and 3 <= word_count(text) <= 20 and len(text) <= 150


def _lines_above(groups: Sequence[Sequence[str]]) -> list[str]:
    """For each group the nearest short single line above it: the heading that a table stands under."""
    above: list[str] = []
    last = ""
    for group in groups:
        above.append(last)
        if len(group) == 1 and not _ENDS_PROSE.search(group[0].strip()) and len(group[0]) <= 120:
            last = group[0].strip()
    return above


def _read_group(lines: Sequence[str], *, following: Piece | None) -> list[Piece]:
    if any(map(_BULLET.match, lines)):
        return _mixed(lines)
    if len(lines) > 1 and not _is_wrapped(lines):
        if _is_heading(lines[0], following=Prose(lines[1])) and word_count(lines[1]) > 15:
            return [Heading(one_line(lines[0]), level=2), *_read_group(lines[1:], following=following)]
        if all(word_count(line) <= 60 for line in lines):
            return [Items(tuple(one_line(line) for line in lines))]
        return [Prose(one_line(line)) for line in lines]
    text = one_line(" ".join(lines))
    if len(lines) == 1 and _is_heading(text, following=following):
        return [Heading(text, level=2)]
    return [Prose(text)]


def _mixed(lines: Sequence[str]) -> list[Piece]:
    """Lines with bullets among them: what stands before the first is prose, what follows a bullet continues it."""
    lead: list[str] = []
    items: list[str] = []
    for line in lines:
        if _BULLET.match(line):
            items.append(_BULLET.sub("", line, count=1))
        elif items:
            items[-1] += f" {line}"
        else:
            lead.append(line)
    ordered = bool(_NUMBERED.match(next(line for line in lines if _BULLET.match(line))))
    listing = Items(tuple(one_line(item) for item in items), ordered=ordered)
    before: list[Piece] = []
    if lead:
        text = one_line(" ".join(lead))
        before = [Heading(text, level=2)] if len(lead) == 1 and _is_heading(text, following=listing) else [Prose(text)]
    if not lead and len(items) == 1 and ordered and word_count(items[0]) <= 10 and not _ENDS_PROSE.search(items[0]):
        return [Heading(one_line(lines[0]), level=2)]
    return [*before, listing]


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Whether these are the lines of one paragraph that was folded at some column."""
    longest = max(len(line) for line in lines)
    body = lines[:-1]
    if not 40 <= longest <= 110 or not body:
        return False
    # A folded line is as long as it could be: the next line's first word would not have fitted.
    full = sum(len(a) + 1 + len(b.split(" ")[0]) > longest for a, b in zip(body, lines[1:], strict=True))
    return full * 10 >= len(body) * 9


def _is_heading(line: str, *, following: Piece | None) -> bool:
    """A short line without an end, before something that can stand under a heading."""
    text = one_line(line)
    words = word_count(text)
    if following is None or not 1 <= words <= 16 or len(text) > 110 or _ENDS_PROSE.search(text):
        return False
    if is_furniture(text) or is_button(text) or "://" in text or "@" in text or text[:1].islower():
        return False
    if isinstance(following, Prose) and word_count(said(following)) < 4:
        return False
    return text.endswith(("?", "؟", "？")) or words <= 9 or _is_titled(text)


def _is_titled(text: str) -> bool:
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) >= 4]
    return bool(words) and sum(word[0].isupper() for word in words) * 5 >= len(words) * 3
