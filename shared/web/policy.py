"""What a page may load and where its forms may lead (Content-Security-Policy)."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import g

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'{also}; base-uri 'none'; frame-ancestors 'none'"
)


def let_form_lead_to(address: str) -> None:
    """Let a form of this page end at another site: browsers hold what a form is redirected to against the policy."""
    parts = urlsplit(address)
    g.form_leads_to = f" {parts.scheme}://{parts.netloc}"


def content_security() -> str:
    """The policy of this answer."""
    return _POLICY.format(also=g.get("form_leads_to", ""))
