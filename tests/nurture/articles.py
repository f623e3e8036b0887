"""Articles for tests: the sample one, as Markdown, as a page, and as a browser copies it."""

from __future__ import annotations

from pathlib import Path

from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from services.nurture.domain.article import Article
from services.nurture.domain.compiling import Compilation, compile_sequence
from services.nurture.domain.reading import Kind, read_article
from services.nurture.domain.steps import Offer

SAMPLE = Path(__file__).parents[2] / "content" / "articles" / "fractional-ai-officer.md"
OFFER = Offer("Discovery call", 30, "free")


def sample_markdown() -> str:
    """The sample article as its author wrote it."""
    return SAMPLE.read_text("utf-8")


def sample_html() -> str:
    """The sample article inside a page with a menu, an author box and a footer."""
    body = sample_markdown().split("---\n", 2)[2]
    shown = MarkdownIt("commonmark").enable("table").render(body)
    return (
        "<!doctype html><html><head><title>Officer | A site</title><script>let x = '<h2>No</h2>'</script></head><body>"
        f"<nav><a href='/'>Home</a><h2>Menu</h2></nav><main><article>{shown}<aside><h2>Join us</h2></aside></article>"
        "</main><footer><h2>Imprint</h2><p>© 2026</p></footer></body></html>"
    )


def sample_plain() -> str:
    """The sample article as a browser copies it: no markup, table cells a space apart, the page's own lines around."""
    soup = BeautifulSoup(sample_html(), "html.parser")
    root = soup.article
    assert root is not None
    for beside in root.find_all("aside"):
        beside.decompose()
    blocks = [_as_text(tag) for tag in root.find_all(["h1", "h2", "h3", "p", "ol", "ul", "table"])]
    before = "Skip to content\n\nBlog\n\n"
    after = "\n\nThanks for reading!\n\nAbout the author\n\nAda builds things and writes about them.\n\nShare this\n"
    title, *rest = blocks
    return before + "\n\n".join([title, "9 min read", *rest]) + after


def read(source: str, kind: Kind, name: str = "sample") -> Article:
    """The article in a text."""
    return read_article(source, kind=kind, name=name)


def compiled(source: str, kind: Kind = "markdown") -> Compilation:
    """The sequence of a text."""
    return compile_sequence(read(source, kind), offer=OFFER)


def _as_text(tag: object) -> str:
    name = getattr(tag, "name", "")
    find_all = getattr(tag, "find_all")  # noqa: B009 - the stubs call every found thing an element
    if name in ("ul", "ol"):
        return "\n".join(f"  • {item.get_text().strip()}" for item in find_all("li"))
    if name == "table":
        return "\n".join(" ".join(cell.get_text() for cell in row.find_all(["th", "td"])) for row in find_all("tr"))
    return " ".join(getattr(tag, "get_text")().split())  # noqa: B009
