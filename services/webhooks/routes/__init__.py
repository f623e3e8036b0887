"""HTTP in and out: `hooks` for providers, `api` for the operator's programs. No rule lives here."""
