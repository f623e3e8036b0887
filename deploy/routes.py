"""Which service answers which path: one table, for the web process that serves all three and for the gateway.

Paths are never stripped, so every service knows its pages by the address that people see. A prefix matches whole
segments: `/u` is `/u` and `/u/…`, not `/unknown`. The longest one that matches decides.
"""

from __future__ import annotations

from shared.settings import SERVICES, ServiceName

# Everything that no line names, such as `/`, `/healthz` and a page that is not there.
FALLBACK: ServiceName = "booking"

ROUTES: dict[str, ServiceName] = {
    "/contact": "booking",
    "/mentorship": "booking",
    "/sent": "booking",
    "/book": "booking",
    "/call": "booking",
    "/times": "booking",
    "/verify": "booking",
    "/console": "booking",
    "/calendar": "booking",
    "/proof": "booking",
    "/api": "booking",
    "/articles": "nurture",
    "/u": "nurture",
    "/check": "nurture",
    "/preferences": "nurture",
    "/hooks": "webhooks",
    "/api/v1/endpoints": "webhooks",
    "/api/v1/people/nurture": "nurture",
    "/api/v1/people/webhooks": "webhooks",
    "/console/people/nurture": "nurture",
    "/console/people/webhooks": "webhooks",
    "/api/v1/events": "webhooks",
    **{f"/static/{service}": service for service in SERVICES},
}


def service_for(path: str) -> ServiceName:
    """The service whose path it is.

    >>> service_for("/u/abc"), service_for("/unknown"), service_for("/api/v1/endpoints/7"), service_for("/api/v1/slots")
    ('nurture', 'booking', 'webhooks', 'booking')
    """
    while path:
        if path in ROUTES:
            return ROUTES[path]
        path = path.rpartition("/")[0]
    return FALLBACK


def by_service() -> dict[ServiceName, list[str]]:
    """The prefixes of each service, as the gateway wants them."""
    return {service: sorted(path for path, owner in ROUTES.items() if owner == service) for service in SERVICES}
