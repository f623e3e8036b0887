"""The table of routes, and the gateway that is made from it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from deploy.gateway import caddyfile
from deploy.routes import ROUTES, service_for
from services.booking.app import create_app as booking_app
from services.nurture.app import create_app as nurture_app
from services.webhooks.app import create_app as webhooks_app
from tests.installation import Installation

ROOT = Path(__file__).parent.parent.parent
# Every service has these itself: they are asked of a process, not of a page.
OWN = ("/healthz", "/readyz", "/metrics", "/static/ui/")


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/", "booking"),
        ("", "booking"),
        ("/u", "nurture"),
        ("/u/abc", "nurture"),
        ("/unknown", "booking"),
        ("/checkout", "booking"),
        ("/check/what-is-a-fractional-ai-officer", "nurture"),
        ("/call/abc/invite.ics", "booking"),
        ("/calling", "booking"),
        ("/hooks/sendgrid/events", "webhooks"),
        ("/api/v1/call-types", "booking"),
        ("/api/v1/endpoints", "webhooks"),
        ("/api/v1/endpoints/7", "webhooks"),
        ("/api/v1/endpointsandmore", "booking"),
        ("/static/nurture/site.css", "nurture"),
        ("//u/abc", "booking"),
    ],
)
def test_a_prefix_matches_whole_segments_and_the_longest_one_decides(path: str, service: str) -> None:
    assert service_for(path) == service


def test_every_page_of_a_service_is_routed_to_it(installation: Installation) -> None:
    apps: dict[str, Any] = {
        "booking": booking_app(installation.booking),
        "nurture": nurture_app(installation.nurture),
        "webhooks": webhooks_app(installation.webhooks),
    }
    lost = [
        f"{name}: {rule.rule} goes to {service_for(rule.rule)}"
        for name, app in apps.items()
        for rule in _rules(app)
        if not rule.rule.startswith(OWN) and service_for(rule.rule) != name
    ]
    assert lost == []


def test_the_committed_gateway_file_is_the_one_that_the_table_gives() -> None:
    assert (ROOT / "deploy" / "gateway" / "Caddyfile").read_text("utf-8") == caddyfile()


@pytest.mark.parametrize("path", [*ROUTES, *(f"{path}/x" for path in ROUTES), *(f"{path}x" for path in ROUTES), "/"])
def test_the_gateway_and_the_web_process_agree_on_every_path(path: str) -> None:
    assert _through_the_gateway(path) == service_for(path)


def test_the_gateway_and_the_workers_of_the_compose_file_are_complete() -> None:
    services = _compose()["services"]
    assert set(re.findall(r"reverse_proxy (\S+):8000", caddyfile())) <= set(services)
    for name in ("booking", "nurture", "webhooks"):
        assert services[f"web-{name}"]["command"] == ["web", "--service", name]
        assert services[f"worker-{name}"]["command"] == ["worker", "--service", name]


def test_every_secret_of_the_compose_file_is_one_that_a_command_makes() -> None:
    made = set(re.findall(r'"([a-z_]+)"', (ROOT / "deploy" / "compose_secrets.py").read_text("utf-8")))
    assert set(_compose()["secrets"]) <= made


def _rules(app: Flask) -> list[Any]:
    return list(app.url_map.iter_rules())


def _through_the_gateway(path: str) -> str:
    """What Caddy does with its `path` matchers: in order, an exact path or a prefix that ends in `/*`."""
    for service, patterns in re.findall(r"@(\S+) path (.+)", caddyfile()):
        for pattern in patterns.split():
            if path == pattern or (pattern.endswith("*") and path.startswith(pattern[:-1])):
                return str(service)
    return "booking"


def _compose() -> dict[str, Any]:
    tool = Path(sys.executable).parent / "docker-compose"
    shown = subprocess.run(
        [tool, "-f", "docker-compose.yml", "config", "--format", "json"], cwd=ROOT, capture_output=True, check=True
    )
    document: dict[str, Any] = json.loads(shown.stdout)
    return document
