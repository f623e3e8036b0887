"""HTTP in and out: `pages` for people, `console` for the advisor, `api` for programs. No rule lives here."""
