"""What the command line gives: addresses, instants, files, a lead. Checked here, with words that name what is wrong."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from services.nurture.domain.article import Article
from services.nurture.domain.errors import ArticleTooLong, NotText, UnknownZone
from services.nurture.domain.letters import Sender
from services.nurture.domain.reading import read_article
from services.nurture.domain.reading.clean import MOST_OF_A_PAGE
from services.nurture.domain.steps import Offer
from services.nurture.domain.timing import zone_named

CONTENT = Path(__file__).parents[3] / "content"


class CompileError(Exception):
    """Something that was given on the command line cannot be used. The text names it and says why."""


def web_address(text: str) -> str:
    """An address on the web, as argparse wants a type."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c.isspace() for c in text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no web address; it looks like https://calls.example.com/book/intro"
        )
    return text


def instant(text: str) -> datetime:
    """An aware UTC instant, as argparse wants a type."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime(1, 1, 1)  # noqa: DTZ001 - naive on purpose: refused in the next line
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no instant; it looks like 2026-11-23T18:00:00Z")
    return at.astimezone(UTC)


def _known_zone(zone: str) -> str:
    try:
        zone_named(zone)
    except UnknownZone as error:
        raise ValueError(str(error)) from error
    return zone


def _known_locale(tag: str) -> str:
    try:
        Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"There is no language “{tag[:35]}”. Give a tag such as en, de or pt-BR.") from None
    return tag


Line = Annotated[str, Field(max_length=200)]


class Lead(BaseModel):
    """Somebody to write to, as `--as` gives them. What the contact form asks for besides is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    name: Line = ""
    zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="Europe/Berlin", validation_alias=AliasChoices("zone", "timezone")
    )
    locale: Annotated[str, AfterValidator(_known_locale)] = "en"
    company: Line = ""
    message: Annotated[str, Field(max_length=20_000)] = ""
    phone: Line = ""


def read_lead(path: Path) -> Lead:
    """The lead in a JSON file. Raises CompileError that names the field."""
    try:
        return Lead.model_validate(json.loads(_bytes(path, most=100_000)))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise CompileError(f"{path}: this is not JSON ({str(error)[:80]}).") from error
    except ValidationError as error:
        raise CompileError(f"{path}: {'; '.join(_told(error))}") from error


def _told(error: ValidationError) -> Iterator[str]:
    for fault in error.errors():
        field = ".".join(map(str, fault["loc"])) or "the file"
        yield f"{field}: {_PLAINLY.get(fault['type'], fault['msg']).removeprefix('Value error, ')}"


_PLAINLY = {
    "string_type": "Give a text in quotes.",
    "model_type": 'Give an object such as {"name": "Ana Silva", "zone": "Europe/Berlin"}.',
}


def read_file(path: Path) -> Article:
    """The article in a file. Raises CompileError for a file that cannot be read, ArticleError for what is in it."""
    return read_article(_decoded(_bytes(path, most=MOST_OF_A_PAGE * 4)), kind=None, name=path.name)


def _bytes(path: Path, *, most: int) -> bytes:
    try:
        if path.is_dir():
            raise CompileError(f"{path}: this is a folder. Give a file.")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise CompileError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}).") from error
    if len(data) > most:
        raise ArticleTooLong(characters=len(data), most=most)
    return data


def _decoded(data: bytes) -> str:
    """UTF-8; UTF-16 with its mark, as Windows' editor may save; else what old Windows files are in."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\x00" in data:
            raise NotText from None
        return data.decode("cp1252", "replace")


def sample_offer() -> Offer:
    """The call that the sample advisor offers first: letters lead there."""
    first = tomllib.loads((CONTENT / "call-types.toml").read_text("utf-8"))["call_type"][0]
    return Offer(first["name"], first["minutes"], first["price_text"])


def sample_sender() -> Sender:
    """The sample advisor, as they sign."""
    advisor = tomllib.loads((CONTENT / "advisor.toml").read_text("utf-8"))
    return Sender(tuple(advisor["signature"]), advisor["postal_address"])
