"""The outside world as webhooks sees it. Takes and returns domain values."""
