"""One worker for all three queues, and the beat that looks at them anyway: the embedded way to run.

On many machines each service's own `worker.py` is started instead, as often as its queue needs.
"""

from __future__ import annotations

import os

from services.booking.tasks import WORKS as BOOKING
from services.nurture.tasks import WORKS as NURTURE
from services.webhooks.tasks import WORKS as WEBHOOKS
from shared.celery import make_celery
from shared.logging import configure_logging
from shared.settings import Settings

settings = Settings.from_env(os.environ)
configure_logging(settings.log_level)
celery = make_celery(settings, {"booking": BOOKING, "nurture": NURTURE, "webhooks": WEBHOOKS})
