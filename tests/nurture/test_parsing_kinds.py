"""Telling what kind of text an article is."""

from __future__ import annotations

import pytest

from services.nurture.domain.reading import Kind, sniff_kind


@pytest.mark.parametrize(
    ("source", "name", "kind"),
    [
        ("anything", "a.md", "markdown"),
        ("anything", "a.HTML", "html"),
        ("<!DOCTYPE html><title>x</title>", "a.txt", "html"),
        ("---\ntitle: x\n---\nText", "a.txt", "markdown"),
        ("Text\n\n## Heading\n\nText", "", "markdown"),
        ("A Title\n\nText with a < b.", "a.txt", "plain"),
    ],
)
def test_the_kind_is_told_from_the_name_or_the_text(source: str, name: str, kind: Kind) -> None:
    assert sniff_kind(source, name=name) == kind
