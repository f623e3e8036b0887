"""Going through pages as a browser does: a form is read as it was shown, filled in, and sent."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_callers = itertools.count(1)


@dataclass(frozen=True)
class Page:
    """A page as it came."""

    answer: TestResponse

    @property
    def status(self) -> int:
        """Its HTTP status."""
        return self.answer.status_code

    @cached_property
    def soup(self) -> BeautifulSoup:
        """Its elements."""
        return BeautifulSoup(self.answer.get_data(as_text=True), "html.parser")

    @property
    def text(self) -> str:
        """Its words as a reader sees them, with single spaces."""
        return " ".join(self.soup.get_text(" ").split())

    @property
    def heading(self) -> str:
        """Its first heading."""
        found = self.soup.find("h1")
        return " ".join(found.get_text(" ").split()) if found else ""

    def fields(self, action: str) -> dict[str, str]:
        """What a browser would send of the form that posts to `action`, before anybody types."""
        form = self.soup.find("form", attrs={"action": action, "method": "post"})
        assert isinstance(form, Tag), f"no form posts to {action}"
        return dict(_sent(form))

    def links(self, part: str) -> list[str]:
        """The addresses of its links that contain `part`, in their order."""
        return [str(link["href"]) for link in self.soup.find_all("a", href=True) if part in str(link["href"])]

    def wrong(self, field: str) -> str:
        """The message beside a field: found by the field's own `aria-describedby`, as a screen reader finds it."""
        element = self.soup.find(attrs={"name": field, "aria-invalid": "true"}) or self.soup.find(
            "fieldset",
            attrs={"aria-invalid": "true", "aria-describedby": re.compile(rf"(^| ){re.escape(field)}-error$")},
        )
        assert isinstance(element, Tag), f"{field} is not marked as wrong"
        ids = str(element["aria-describedby"]).split()
        found = self.soup.find(id=next(one for one in ids if one.endswith("-error")))
        return " ".join(found.get_text(" ").split()) if found else ""


def opened(client: FlaskClient, path: str) -> Page:
    """A page, redirects followed."""
    return Page(client.get(path, follow_redirects=True))


def send(client: FlaskClient, path: str, *, action: str = "", **typed: str) -> TestResponse:
    """Open a page, fill in the form that posts to `action` (the page's own path by default), send it."""
    action = action or urlsplit(path).path
    return post(client, action, {**opened(client, path).fields(action), **typed})


def post(client: FlaskClient, path: str, fields: dict[str, Any], **more: Any) -> TestResponse:
    """Send a form. Every time from another address of the network, so that no limit is met by accident."""
    return client.post(path, data=fields, environ_base={"REMOTE_ADDR": an_address()}, **more)


def an_address() -> str:
    """An address of the network that nobody has called from yet."""
    number = next(_callers)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _sent(form: Tag) -> list[tuple[str, str]]:
    found = []
    for element in form.find_all(["input", "textarea", "select"]):
        kind = element.get("type", "")
        if kind in ("radio", "checkbox") and not element.has_attr("checked"):
            continue
        found.append((str(element["name"]), _value(element)))
    return found


def _value(element: Tag) -> str:
    if element.name == "textarea":
        return element.get_text().removeprefix("\n")
    if element.name == "select":
        options = element.find_all("option")
        chosen = [option for option in options if option.has_attr("selected")] or options[:1]
        return str(chosen[0].get("value", "")) if chosen else ""
    return str(element.get("value", ""))
