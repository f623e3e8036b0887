"""The operator's door into booking: commands of `./run`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from services.booking.domain.cases import Case, CaseError, load_case
from services.booking.domain.errors import InvalidInput
from services.booking.domain.listing import by_date, utc_texts
from services.booking.domain.refusals import why_refused
from services.booking.domain.zones import instant
from services.booking.usecases.sign_in import SCOPES, make_token
from shared.service import Service
from shared.settings import Settings
from shared.tz import StaleZones, require_tzdata


def slots(argv: Sequence[str], cwd: Path) -> int:
    """`./run slots CASE.json [--why INSTANT]`: the starts a case offers, or the rule that refuses one. As JSON.

    Exit status 0 with an answer, 2 when the question cannot be read.
    """
    args = _slots_parser().parse_args(argv)
    try:
        require_tzdata()
        case = load_case(_json_of(cwd / args.case))
        answer = _listed(case) if args.why is None else _judged(case, instant(args.why, "--why"))
    except (StaleZones, CaseError, InvalidInput) as error:
        print(f"{args.case}: {error}", file=sys.stderr)
        return 2
    print(json.dumps(answer))
    return 0


def token(argv: Sequence[str], settings: Settings | None) -> int:
    """`./run token [--scopes a,b] [--label WORDS]`: make an API token and print it, this once.

    `settings` may be missing only when help is asked for. Exit status 0, or 2 for a scope that does not exist.
    """
    args = _token_parser().parse_args(argv)
    scopes = tuple(args.scopes.split(",")) if args.scopes else SCOPES
    if unknown := sorted(set(scopes) - set(SCOPES)):
        print(f"--scopes: there is no {unknown[0]!r}; there are {', '.join(SCOPES)}", file=sys.stderr)
        return 2
    if settings is None:
        raise ValueError("a token is made in an installation")
    service = Service.start("booking", settings)
    with service.sessions.begin() as session:
        made = make_token(session, args.label, scopes, now=service.clock.now())
    print(made)
    return 0


def _token_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./run token",
        description="Print an API token of this installation. It is shown once and kept as a digest.",
    )
    parser.add_argument("--scopes", metavar="A,B", default="", help=f"what it allows (all: {','.join(SCOPES)})")
    parser.add_argument("--label", metavar="WORDS", default="made on the command line", help="what it is for")
    return parser


def _slots_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./run slots", description="Print the starts that a case offers, in UTC and by the viewer's dates."
    )
    parser.add_argument("case", metavar="CASE.json", help="rules, busy times and a range; tests/booking/cases has some")
    parser.add_argument(
        "--why", metavar="INSTANT", help="name the rule that refuses this start, for example 2026-06-07T09:30:00Z"
    )
    return parser


def _json_of(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise CaseError(f"cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise CaseError(f"is not JSON ({error})") from None


def _listed(case: Case) -> dict[str, object]:
    starts = case.slots()
    return {"slots": utc_texts(starts), "by_date": by_date(starts, case.output_zone)}


def _judged(case: Case, start: datetime) -> dict[str, object]:
    refusal = why_refused(case.rules, start, taken=case.taken, now=case.now, within=(case.range_start, case.range_end))
    answer: dict[str, object] = {"start": start.isoformat().replace("+00:00", "Z"), "offered": refusal is None}
    if refusal is not None:
        answer |= {"rule": refusal.rule, "because": str(refusal.message)}
        if refusal.span is not None:
            answer["span"] = utc_texts(refusal.span)
    return answer
