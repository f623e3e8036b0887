"""Who reads the answer to this request: in which language."""

from __future__ import annotations

from flask import g, request

from shared import i18n


def language() -> str:
    """The language of this request's reader."""
    if "language" not in g:
        g.language = i18n.negotiate([tag for tag, _ in request.accept_languages])
    found: str = g.language
    return found


def gettext(message: str) -> str:
    """A message in the language of this request's reader."""
    return i18n.translations(language()).gettext(message)
