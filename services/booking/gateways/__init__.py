"""The outside world as booking sees it: calendar feeds and CalDAV servers. Takes and returns domain values."""
