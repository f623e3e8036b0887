"""What no line of the product may do: read a clock that is not its business, or leave a promise in the broker."""

from __future__ import annotations

import ast
import re

import pytest

from tests.policy.sources import ROOT, calls, dotted, imports, sources, texts

CLOCKS = re.compile(r"(^|\.)(datetime|dt|date)\.(now|utcnow|today)$|^time\.(time|time_ns|localtime|gmtime)$")
# Machine time by the database: an order of arrival, and statistics of the server itself.
MACHINE_TIME = {
    "shared/inbox.py": "received_at",
    "services/booking/migrations/0001_booking.py": "received_at",
    "services/nurture/migrations/0001_nurture.py": "received_at",
    "services/webhooks/migrations/0001_webhooks.py": "received_at",
}
SQL_NOW = re.compile(
    r"\bnow\(\)|\b(clock|statement|transaction)_timestamp\b|\bcurrent_(timestamp|date|time)\b", re.IGNORECASE
)
# A message in the broker names work to look at; whatever must happen, and when, is a row (law 1).
BROKER_PROMISES = {"eta", "countdown", "retry_policy", "result_backend"}
BROKER_CALLS = {"apply_async", "delay", "retry", "chord", "chain", "signature", "AsyncResult"}
# Libraries of a domain: they compute and touch nothing.
PURE = {
    *("babel", "bs4", "cryptography", "holidays", "icalendar", "idna", "markdown_it", "nh3", "pydantic"),
    *("pydantic_core", "recurring_ical_events", "x_wr_timezone"),
}
# Of the standard library what reaches out of the process, or into another thread.
EFFECTS = {"socket", "subprocess", "os", "io", "shutil", "tempfile", "threading", "asyncio", "http", "smtplib", "time"}
EFFECTS |= {"logging", "random", "secrets", "sqlite3", "multiprocessing", "select", "signal", "sys", "pathlib"}


@pytest.mark.parametrize("path", sorted(sources()))
def test_only_the_clock_reads_the_clock(path: str) -> None:
    found = [dotted(call.func) for call in calls(sources()[path]) if CLOCKS.search(dotted(call.func))]
    assert found == (["datetime.now"] if path == "shared/clock.py" else [])


def test_the_clocks_are_recognised() -> None:
    wrong = "datetime.now(UTC); dt.datetime.utcnow(); time.time(); date.today(); datetime.today()"
    right = "service.clock.now(); machine_now(); time.monotonic(); now(); clock.today(x)"
    assert len([call for call in calls(ast.parse(wrong)) if CLOCKS.search(dotted(call.func))]) == 5
    assert [call for call in calls(ast.parse(right)) if CLOCKS.search(dotted(call.func))] == []


def test_sql_reads_no_clock_for_product_time() -> None:
    found = {
        (path, text)
        for path, tree in sources().items()
        for text in texts(tree)
        if SQL_NOW.search(text) and not (path in MACHINE_TIME and "DEFAULT now()" in text) and text != "now()"
    }
    assert found == set()


def test_the_only_default_that_reads_the_database_clock_is_the_arrival_of_an_event() -> None:
    for path, column in MACHINE_TIME.items():
        source = (ROOT / path).read_text(encoding="utf-8")
        lines = [line.strip() for line in source.splitlines() if re.search(r"(?<![\w.])now\(\)", line)]
        assert len(lines) == 1, path
        assert lines[0].startswith(column), path
    others = [path for path, tree in sources().items() if "now()" in set(texts(tree)) and path not in MACHINE_TIME]
    assert others == []
    functions = [path for path, tree in sources().items() for call in calls(tree) if dotted(call.func) == "func.now"]
    assert functions == []


def test_the_broker_is_told_no_time_and_keeps_no_result() -> None:
    found = [
        (path, dotted(call.func))
        for path, tree in sources().items()
        for call in calls(tree)
        if {keyword.arg for keyword in call.keywords} & BROKER_PROMISES
        or dotted(call.func).rpartition(".")[2] in BROKER_CALLS
    ]
    assert found == []


def test_a_wake_up_is_sent_in_one_place_and_carries_nothing() -> None:
    sends = [
        (path, call)
        for path, tree in sources().items()
        for call in calls(tree)
        if dotted(call.func).endswith(".send_task")
    ]
    [(path, call)] = sends
    assert path == "shared/doorbell.py"
    assert len(call.args) == 1
    assert {keyword.arg for keyword in call.keywords} == {"queue", "expires", "ignore_result", "retry"}


DOMAINS = [path for path in sorted(sources()) if re.match(r"services/\w+/domain(/|\.py)", path)]


@pytest.mark.parametrize("path", DOMAINS)
def test_a_domain_imports_only_what_computes(path: str) -> None:
    import sys

    service = path.split("/")[1]
    for name in imports(sources()[path]):
        root = name.split(".")[0]
        own = name.startswith(f"services.{service}.domain") or name.split(".")[:2] == ["shared", "events"]
        standard = root in sys.stdlib_module_names and root not in EFFECTS
        assert own or standard or root in PURE, f"{path} imports {name}"


def test_every_service_has_a_domain() -> None:
    assert {path.split("/")[1] for path in DOMAINS} == {"booking", "nurture", "webhooks"}


def test_no_file_and_no_function_outgrows_its_reader() -> None:
    """The rules of CONTRIBUTING: about 250 lines a file, never more than 50 a function, five parameters."""
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= 50 or "migrations" in path, f"{path}: {node.name} has {length} lines"
