"""HTTP in and out: articles to read, and the way out of a sequence. No rule lives here."""
