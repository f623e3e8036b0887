"""What somebody who sets up webhooks can get wrong. Shown beside the field that caused it."""

from __future__ import annotations


class FieldError(Exception):
    """One field cannot be accepted: which one, what is the matter, and what to do about it."""

    def __init__(self, field: str, message: str, fix: str) -> None:
        super().__init__(f"{field}: {message} {fix}")
        self.field = field
        self.message = message
        self.fix = fix
