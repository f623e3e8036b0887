"""The Celery app of nurture alone: what a machine that runs only this queue starts.

celery -A services.nurture.worker worker --pool threads -Q nurture
"""

from __future__ import annotations

import os

from services.nurture.tasks import WORKS
from shared.celery import make_celery
from shared.logging import configure_logging
from shared.settings import Settings

settings = Settings.from_env(os.environ)
configure_logging(settings.log_level)
celery = make_celery(settings, {"nurture": WORKS})
