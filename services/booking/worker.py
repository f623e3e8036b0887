"""The Celery app of booking alone: what a machine that runs only this queue starts.

celery -A services.booking.worker worker --pool threads -Q booking
"""

from __future__ import annotations

import os

from services.booking.tasks import WORKS
from shared.celery import make_celery
from shared.logging import configure_logging
from shared.settings import Settings

settings = Settings.from_env(os.environ)
configure_logging(settings.log_level)
celery = make_celery(settings, {"booking": WORKS})
