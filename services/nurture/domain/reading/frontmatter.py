"""The few lines of `key: value` between two lines of `---` at the top of an article."""

from __future__ import annotations

import re
from datetime import date

from services.nurture.domain.errors import FrontMatterWrong

_BLOCK = re.compile(r"\A\s*---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_LINE = re.compile(r"([A-Za-z_-]+)[ \t]*:[ \t]*(.*)")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """What an article says about itself, and the rest of it.

    Keys are lower case; `title`, `slug`, `description` and `date` are used, others ignored. A block in which any line
    is no `key: value` is text. Raises FrontMatterWrong for a slug or date that cannot be used.
    """
    match = _BLOCK.match(text)
    lines = [line for line in match.group(1).split("\n") if line.strip()] if match else []
    pairs = [_LINE.fullmatch(line.strip()) for line in lines]
    if match is None or not all(pairs):
        return {}, text
    meta = {pair.group(1).lower(): pair.group(2).strip().strip("\"'") for pair in pairs if pair}
    _check(meta)
    return meta, text[match.end() :]


def _check(meta: dict[str, str]) -> None:
    slug, day = meta.get("slug", ""), meta.get("date", "")
    if slug and (len(slug) > 80 or not _SLUG.fullmatch(slug)):
        raise FrontMatterWrong(key="slug", value=slug, looks_like="what-it-is-about")
    if day:
        try:
            date.fromisoformat(day)
        except ValueError as error:
            raise FrontMatterWrong(key="date", value=day, looks_like="2026-11-23") from error
