"""The gateway's configuration (Caddy), made from the table of routes so that the two cannot disagree."""

from __future__ import annotations

from deploy.routes import FALLBACK, by_service

_HEAD = """\
# Made by `python -m deploy gateway` from deploy/routes.py; a test fails when they differ.
# DOMAIN is the public name. Caddy gets its certificate itself; for localhost it makes one of its own.
{$DOMAIN:localhost} {
	encode zstd gzip
	header Strict-Transport-Security "max-age=31536000"
	request_body {
		max_size 32MB
	}

	# For the collector inside, not for the world.
	handle /metrics {
		respond 404
	}
"""


def caddyfile() -> str:
    """The whole file. What no other service owns goes to the last one."""
    others = {service: paths for service, paths in by_service().items() if service != FALLBACK}
    blocks = [_block(service, paths) for service, paths in others.items()]
    return "\n".join([_HEAD, *blocks, f"\thandle {{\n\t\treverse_proxy web-{FALLBACK}:8000\n\t}}\n}}\n"])


def _block(service: str, paths: list[str]) -> str:
    patterns = " ".join(f"{path} {path}/*" for path in paths)
    return f"\t@{service} path {patterns}\n\thandle @{service} {{\n\t\treverse_proxy web-{service}:8000\n\t}}\n"
