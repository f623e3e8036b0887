"""Programs: `/api/v1`. Instants in RFC 3339 with an offset, answers in Z, errors as problem+json (architecture §8).

One blueprint (`door.py`); each module below hangs its routes on it.
"""

from services.booking.routes.api import administration, asks, calls, document, offers
from services.booking.routes.api.door import blueprint

__all__ = ["administration", "asks", "blueprint", "calls", "document", "offers"]
