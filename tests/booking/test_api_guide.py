"""The guide for programs: its examples run as they stand, and it names every scope."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from string import Template
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.booking.cli import token
from services.booking.usecases.sign_in import SCOPES
from tests.booking.programs import a_token
from tests.installation import Installation

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "api.md").read_text(encoding="utf-8")
API = "/api/v1"


def examples() -> list[str]:
    """Every call of curl, in the order of the guide."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)).replace("\\\n", " ")
    return re.findall(r"^curl .*?(?=^curl |^\./run |\Z)", blocks, re.DOTALL | re.MULTILINE)


def run(client: FlaskClient, example: str, known: dict[str, str]) -> TestResponse:
    """What curl would do. An option that is not known here fails."""
    words = iter(shlex.split(Template(example).substitute(known))[1:])
    sent: dict[str, Any] = {"method": None, "headers": {}, "data": None}
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            sent["headers"][name] = value
        elif word == "-d":
            sent["data"] = next(words)
        elif word == "-X":
            sent["method"] = next(words)
        elif word != "-s":
            assert "path" not in sent, f"{word!r} is more than curl is told here"
            sent["path"] = word
    sent["method"] = sent["method"] or ("GET" if sent["data"] is None else "POST")
    return client.open(**sent)


def test_every_example_does_what_it_says(house: Installation) -> None:
    program = house.browser()
    known = {"API": API, "TOKEN": a_token(house, *SCOPES), "BOOKING": "", "CALL": ""}
    for example in examples():
        answer = run(program, example, known)
        assert answer.status_code in (200, 201), (example, answer.text)
        if example.startswith('curl -s "$API/bookings" '):
            known["BOOKING"] = answer.get_json()["manage_url"].rpartition("/")[2]
        if example.startswith('curl -s "$API/calls" '):
            known["CALL"] = answer.get_json()["id"]
    assert house.rows("SELECT email, state FROM booking.call ORDER BY email") == [
        ("ana@example.org", "cancelled"),
        ("ben@example.org", "cancelled"),
    ]
    assert len(examples()) >= 12


def test_the_guide_and_the_command_name_every_scope_and_no_other(capsys: Any) -> None:
    table = "\n".join(line for line in GUIDE.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`([a-z_]+:[a-z]+)`", table)) == set(SCOPES)
    try:
        token(["--help"], None)
    except SystemExit as done:
        assert done.code == 0
    told = re.sub(r"\s", "", capsys.readouterr().out)
    assert all(scope in told for scope in SCOPES)


def test_a_scope_that_does_not_exist_is_refused_with_those_that_do(capsys: Any) -> None:
    assert token(["--scopes", "calls:read,calls:all"], None) == 2
    told = capsys.readouterr().err
    assert "'calls:all'" in told
    assert all(scope in told for scope in SCOPES)
