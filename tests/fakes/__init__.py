"""The outside world on loopback: real servers, each with its own ledger of what it saw."""
