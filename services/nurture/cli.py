"""The operator's door into nurture: `./run compile`, which shows what letters an article gives.

Needs no installation: it reads files and writes files. Who signs and what is offered is the sample advisor's.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from services.nurture.domain.compiling import Compilation, Step, compile_sequence
from services.nurture.domain.errors import ArticleError, ArticleTooLong, NotText, UnknownZone
from services.nurture.domain.letters import Links, Reader, Sender, compose_step
from services.nurture.domain.reading import read_article
from services.nurture.domain.reading.clean import MOST_OF_A_PAGE
from services.nurture.domain.steps import Offer, Role
from services.nurture.domain.timing import arrivals, zone_named
from services.nurture.usecases.render import letter_of
from shared.clock import machine_now
from shared.i18n import translations
from shared.mail.letter import Letter, as_html, as_text

CONTENT = Path(__file__).parents[2] / "content"
FILE_NAMES = {
    Role.POINT: "the-point",
    Role.IDEA: "an-idea",
    Role.DO: "do-this",
    Role.SIGNS: "the-signs",
    Role.CHOOSE: "the-choice",
    Role.COST: "the-cost",
    Role.QUESTION: "your-question",
    Role.LAST: "the-last-one",
    Role.SUMMARY: "the-summary",
}


class CompileError(Exception):
    """Something that was given on the command line cannot be used. The text names it and says why."""


@dataclass(frozen=True)
class Written:
    """One letter, ready to be looked at. `name` is its file's, without an ending; `arrives` is in the reader's zone."""

    name: str
    step: Step
    letter: Letter
    arrives: str


def compile_article(argv: Sequence[str], cwd: Path) -> int:
    """`./run compile ARTICLE [--out DIR] [--as LEAD.json]`: the letters of an article, as files or on the screen.

    Exit status 0 when there are letters, 2 when something that was given cannot be used.
    """
    args = _parser().parse_args(argv)
    try:
        lead = _lead(cwd / args.lead) if args.lead else Lead()
        article = cwd / args.article
        compilation = compile_sequence(_read(article), offer=_offer())
        written = _write_all(compilation, lead, slug=_read(article).slug, book=args.booking_url, start=args.start)
        _deliver(written, compilation, out=cwd / args.out if args.out else None)
    except (CompileError, ArticleError) as error:
        name = "" if isinstance(error, CompileError) else f"{args.article}: "
        print(f"{name}{error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./run compile", description="Make an e-mail sequence of an article, and show every letter of it."
    )
    parser.add_argument("article", metavar="ARTICLE", help="Markdown, HTML, or plain text as copied from a browser")
    parser.add_argument("--out", metavar="DIR", help="write a .txt and .html per letter, sequence.json and report.txt")
    parser.add_argument(
        "--as",
        dest="lead",
        metavar="LEAD.json",
        help="write to this person: name, zone, locale, company, message; all may be left out",
    )
    parser.add_argument("--booking-url", metavar="URL", type=_web_address, help="where the letters' booking link leads")
    parser.add_argument(
        "--start",
        metavar="INSTANT",
        type=_instant,
        help="when they asked, such as 2026-11-23T18:00:00Z; now by default",
    )
    return parser


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c.isspace() for c in text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no web address; it looks like https://calls.example.com/book/intro"
        )
    return text


def _instant(text: str) -> datetime:
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


def _lead(path: Path) -> Lead:
    try:
        return Lead.model_validate(json.loads(_bytes(path, most=100_000)))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise CompileError(f"{path}: this is not JSON ({str(error)[:80]}).") from error
    except ValidationError as error:
        raise CompileError(f"{path}: {'; '.join(_told(error))}") from error


def _told(error: ValidationError) -> Iterator[str]:
    for fault in error.errors():
        field = ".".join(map(str, fault["loc"])) or "the file"
        yield f"{field}: {fault['msg'].removeprefix('Value error, ')}"


def _read(path: Path) -> Any:
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


def _offer() -> Offer:
    first = tomllib.loads((CONTENT / "call-types.toml").read_text("utf-8"))["call_type"][0]
    return Offer(first["name"], first["minutes"], first["price_text"])


def _write_all(
    compilation: Compilation, lead: Lead, *, slug: str, book: str | None, start: datetime | None
) -> list[Written]:
    begun = start or machine_now()
    advisor = tomllib.loads((CONTENT / "advisor.toml").read_text("utf-8"))
    base = "https://calls.example.com"
    links = Links(f"{base}/articles/{slug}", book or f"{base}/book/discovery", f"{base}/u/their-own-token")
    box = "Also send me the short version in six e-mails; it ends when we speak."
    reader = Reader(lead.name, lead.zone, lead.locale, begun, box, company=lead.company, words=lead.message)
    sender = Sender(tuple(advisor["signature"]), advisor["postal_address"])
    translate = translations(lead.locale).gettext
    sent = arrivals(begun, [step.delay_days for step in compilation.steps], zone=lead.zone)
    return [
        Written(
            name=f"{number:02}-{FILE_NAMES[step.role]}",
            step=step,
            letter=letter_of(compose_step(step, reader, links=links, sender=sender, translate=translate), lead.locale),
            arrives=_in_their_time(at, lead),
        )
        for number, (step, at) in enumerate(zip(compilation.steps, sent, strict=True), start=1)
    ]


def _in_their_time(at: datetime, lead: Lead) -> str:
    said = format_datetime(at, "EEE d MMM y, HH:mm", zone_named(lead.zone), lead.locale.replace("-", "_"))
    return f"{said} in {lead.zone}"


def _deliver(written: Sequence[Written], compilation: Compilation, *, out: Path | None) -> None:
    report = "\n".join(_report(compilation)) + "\n"
    if out is None:
        print("\n\n".join(_shown(letter) for letter in written))
        print(f"\n{report}", end="")
        return
    try:
        _write_files(written, compilation, report, out)
    except OSError as error:
        raise CompileError(f"{out}: cannot be written ({error.strerror}).") from error
    print(f"{len(written)} e-mails in {out}; report.txt there says what was left out and why.")


def _shown(written: Written) -> str:
    letter = written.letter
    head = (
        f"== {written.name}",
        f"When:    {written.arrives}",
        f"Subject: {letter.subject}",
        f"Preview: {letter.preheader}",
    )
    return "\n".join((*head, "", as_text(letter)))


def _write_files(written: Sequence[Written], compilation: Compilation, report: str, out: Path) -> None:
    """Letters of an earlier run are removed first: a folder shows one sequence."""
    out.mkdir(parents=True, exist_ok=True)
    for name in FILE_NAMES.values():
        for old in (*out.glob(f"[0-9][0-9]-{name}.txt"), *out.glob(f"[0-9][0-9]-{name}.html")):
            old.unlink()
    for letter in written:
        (out / f"{letter.name}.txt").write_text(_shown(letter), "utf-8")
        (out / f"{letter.name}.html").write_text(as_html(letter.letter), "utf-8")
    steps = [step.to_json() for step in compilation.steps]
    told = json.dumps({"reason": compilation.reason, "steps": steps}, ensure_ascii=False, indent=2)
    (out / "sequence.json").write_text(told + "\n", "utf-8")
    (out / "report.txt").write_text(report, "utf-8")


def _report(compilation: Compilation) -> Iterator[str]:
    report = compilation.report
    yield f"{len(compilation.steps)} e-mails from {report.sections_used} of {report.sections} sections."
    if compilation.reason:
        yield f"Only one, because {compilation.reason}."
    for step, told in zip(compilation.steps, report.steps, strict=True):
        yield f"day {step.delay_days:>2}  {told.words:>3} words  grade {told.grade:>4}  {step.subject}"
        yield from (f"        ! {fault}" for fault in told.faults)
    if report.left_out:
        yield "Left out:"
        yield from (f"- {line}" for line in report.left_out)
