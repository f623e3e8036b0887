"""The sped clock's one row, and the counters of rate limits."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # At most one row: an installation lives by one clock. No row at all is the usual case, the time of day.
    op.execute("""
        CREATE TABLE system.clock (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            speed integer NOT NULL CHECK (speed >= 1),
            product_now timestamptz NOT NULL,
            moved_at timestamptz NOT NULL
        )
    """)
    # Unlogged: a limit may be forgotten by a crash, and must not cost a write to the log.
    op.execute("""
        CREATE UNLOGGED TABLE system.rate (
            key bytea PRIMARY KEY,
            count integer NOT NULL,
            until timestamptz NOT NULL
        )
    """)
    # Each count also forgets a few windows that are over.
    op.execute("CREATE INDEX rate_until_idx ON system.rate (until)")
