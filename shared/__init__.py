"""Mechanism used by two services or more, and the event contracts. No product rule lives here."""
