"""What a first start is filled with: the sample advisor, their calls and hours, and the article."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from services.nurture.domain.article import Table
from services.nurture.domain.sentences import word_count
from services.nurture.domain.timing import zone_named
from tests.nurture.articles import read, sample_markdown

CONTENT = Path(__file__).parents[2] / "content"


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((CONTENT / name).read_text("utf-8"))


def test_the_article_tells_what_it_has_to() -> None:
    article = read(sample_markdown(), "markdown")
    sections = {section.heading: section for section in article.sections}
    assert 1_200 <= word_count(sample_markdown()) <= 1_800
    assert len(sections["What I look after"].parts) == 4
    compared = sections["Fractional officer vs consultant vs full-time chief"]
    assert [len(block.header) for block in compared.blocks if isinstance(block, Table)] == [4]
    assert "two to six days" in sample_markdown()
    assert len(sections["Questions and answers"].questions) == 6
    assert "If two or more" in sample_markdown()
    assert article.call_to_action is not None
    lists = [block for block in article.blocks if type(block).__name__ == "Listing"]
    assert [len(block.items) for block in lists if hasattr(block, "items")] == [4, 5, 5]


def test_the_advisor_works_in_three_ways_and_every_call_belongs_to_one() -> None:
    advisor, calls = toml("advisor.toml"), toml("call-types.toml")["call_type"]
    ways = {way["slug"] for way in advisor["ways"]}
    assert len(ways) == 3
    assert {call["way"] for call in calls} == ways
    assert zone_named(advisor["zone"]).key == "Europe/Berlin"


def test_the_calls_are_those_of_the_product() -> None:
    calls = {call["slug"]: call for call in toml("call-types.toml")["call_type"]}
    assert {slug: call["minutes"] for slug, call in calls.items()} == {
        "discovery": 30,
        "strategy": 45,
        "mentorship-intro": 20,
        "mentorship-session": 60,
    }
    assert [slug for slug, call in calls.items() if call["access"] != "public"] == ["mentorship-session"]
    assert calls["mentorship-session"]["price_text"]
    assert len({frozenset(call) for call in calls.values()}) == 1, "every call says the same things about itself"


def test_the_hours_hold_every_call() -> None:
    windows = toml("availability.toml")["window"]
    longest = max(call["minutes"] for call in toml("call-types.toml")["call_type"])
    for window in windows:
        begin, end = (int(wall[:2]) * 60 + int(wall[3:]) for wall in (window["start"], window["end"]))
        assert end - begin >= longest
        assert set(window["days"]) <= set(range(1, 8))


def test_the_article_leads_to_a_call_that_exists() -> None:
    slugs = [call["slug"] for call in toml("call-types.toml")["call_type"]]
    assert f"(/book/{slugs[0]})" in sample_markdown()
