"""The Celery app of webhooks alone: what a machine that runs only this queue starts.

celery -A services.webhooks.worker worker --pool threads -Q webhooks
"""

from __future__ import annotations

import os

from services.webhooks.tasks import WORKS
from shared.celery import make_celery
from shared.logging import configure_logging
from shared.settings import Settings

settings = Settings.from_env(os.environ)
configure_logging(settings.log_level)
celery = make_celery(settings, {"webhooks": WORKS})
