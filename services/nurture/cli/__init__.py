"""The operator's door into nurture: `./run compile`, which shows what letters an article gives.

Needs no installation: it reads files and writes files. Who signs and what is offered is the sample advisor's.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from babel.dates import format_datetime

from services.nurture.cli.inputs import (
    CompileError,
    Lead,
    instant,
    read_file,
    read_lead,
    sample_offer,
    sample_sender,
    web_address,
)
from services.nurture.domain.article import Article
from services.nurture.domain.compiling import Compilation, Step, compile_sequence
from services.nurture.domain.errors import ArticleError
from services.nurture.domain.letters import Links, Reader, compose_step
from services.nurture.domain.steps import Role
from services.nurture.domain.timing import arrivals, zone_named
from services.nurture.usecases.render import letter_of
from shared.clock import machine_now
from shared.i18n import translations
from shared.mail.letter import Letter, as_html, as_text

BOX = "Also send me the short version in six e-mails; it ends when we speak."
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
        lead = read_lead(cwd / args.lead) if args.lead else Lead()
        article = read_file(cwd / args.article)
        compilation = compile_sequence(article, offer=sample_offer())
        written = _write_all(compilation, lead, links=_links(article, args.booking_url), start=args.start)
        _deliver(written, compilation, out=cwd / args.out if args.out else None)
    except (CompileError, ArticleError) as error:
        name = "" if isinstance(error, CompileError) else f"{args.article}: "
        sys.stderr.write(f"{name}{error}\n")
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
    parser.add_argument("--booking-url", metavar="URL", type=web_address, help="where the letters' booking link leads")
    parser.add_argument(
        "--start",
        metavar="INSTANT",
        type=instant,
        help="when they asked, such as 2026-11-23T18:00:00Z; now by default",
    )
    return parser


def _links(article: Article, book: str | None) -> Links:
    """Addresses as letters carry them; only an installation knows the real ones."""
    base = "https://calls.example.com"
    return Links(f"{base}/articles/{article.slug}", book or f"{base}/book/discovery", f"{base}/u/their-own-token")


def _write_all(compilation: Compilation, lead: Lead, *, links: Links, start: datetime | None) -> list[Written]:
    begun = start or machine_now()
    reader = Reader(lead.name, lead.zone, lead.locale, begun, BOX, company=lead.company, words=lead.message)
    sender, translate = sample_sender(), translations(lead.locale).gettext
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
        sys.stdout.write("\n\n".join(_shown(letter) for letter in written) + f"\n\n{report}")
        return
    try:
        _write_files(written, compilation, report, out)
    except OSError as error:
        raise CompileError(f"{out}: cannot be written ({error.strerror}).") from error
    sys.stdout.write(f"{_counted(written)} in {out}; report.txt there says what was left out and why.\n")


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
    yield f"{_counted(compilation.steps)} from {report.sections_used} of {report.sections} sections."
    if compilation.reason:
        yield f"Only one, because {compilation.reason}."
    for step, told in zip(compilation.steps, report.steps, strict=True):
        yield f"day {step.delay_days:>2}  {told.words:>3} words  grade {told.grade:>4}  {step.subject}"
        yield from (f"        ! {fault}" for fault in told.faults)
    if report.left_out:
        yield "Left out:"
        yield from (f"- {line}" for line in report.left_out)


def _counted(letters: Sequence[object]) -> str:
    return "1 e-mail" if len(letters) == 1 else f"{len(letters)} e-mails"
