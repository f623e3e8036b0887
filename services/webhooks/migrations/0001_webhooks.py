"""Webhooks' tables."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE webhooks.endpoint (
            id uuid DEFAULT uuidv7() NOT NULL,
            url text NOT NULL,
            events text[] DEFAULT '{}' NOT NULL,
            secret text NOT NULL,
            state text DEFAULT 'active' NOT NULL,
            disabled_reason text DEFAULT '' NOT NULL,
            request_key text,
            request_body text,
            created_at timestamptz NOT NULL,
            CONSTRAINT endpoint_pkey PRIMARY KEY (id),
            CONSTRAINT endpoint_state_check CHECK (state IN ('active', 'disabled')),
            CONSTRAINT endpoint_request_key_key UNIQUE (request_key)
        )
    """)
    op.execute("""
        CREATE TABLE webhooks.inbox (
            id uuid DEFAULT uuidv7() NOT NULL,
            name text NOT NULL,
            person text,
            subject uuid NOT NULL,
            revision bigint NOT NULL,
            occurred_at timestamptz NOT NULL,
            payload jsonb NOT NULL,
            received_at timestamptz DEFAULT now() NOT NULL,
            attempts integer DEFAULT '0' NOT NULL,
            retry_at timestamptz,
            handled_at timestamptz,
            parked_at timestamptz,
            error text,
            CONSTRAINT inbox_pkey PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX inbox_waiting_idx ON webhooks.inbox (received_at) WHERE handled_at IS NULL")
    op.execute("CREATE INDEX inbox_waiting_person_idx ON webhooks.inbox (person) WHERE handled_at IS NULL")
    op.execute("CREATE INDEX inbox_handled_idx ON webhooks.inbox (handled_at) WHERE handled_at IS NOT NULL")
    op.execute("""
        CREATE TABLE webhooks.erased (
            digest text NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT erased_pkey PRIMARY KEY (digest)
        )
    """)
    op.execute("""
        CREATE TABLE webhooks.provider_event (
            provider text NOT NULL,
            event_id text NOT NULL,
            seen_at timestamptz NOT NULL,
            CONSTRAINT provider_event_pkey PRIMARY KEY (provider, event_id)
        )
    """)
    op.execute("CREATE INDEX provider_event_seen_at_idx ON webhooks.provider_event (seen_at)")
    op.execute("""
        CREATE TABLE webhooks.raw_event (
            id uuid DEFAULT uuidv7() NOT NULL,
            provider text NOT NULL,
            received_at timestamptz NOT NULL,
            body bytea NOT NULL,
            state text DEFAULT 'stored' NOT NULL,
            attempts integer DEFAULT '0' NOT NULL,
            retry_at timestamptz,
            rejected jsonb DEFAULT '[]'::jsonb NOT NULL,
            error text,
            CONSTRAINT raw_event_pkey PRIMARY KEY (id),
            CONSTRAINT raw_event_state_check CHECK (state IN ('stored', 'translated', 'parked'))
        )
    """)
    op.execute("CREATE INDEX raw_event_stored_idx ON webhooks.raw_event (received_at) WHERE state = 'stored'")
    op.execute("CREATE INDEX raw_event_received_at_idx ON webhooks.raw_event (received_at)")
    op.execute("""
        CREATE TABLE webhooks.delivery (
            id uuid DEFAULT uuidv7() NOT NULL,
            endpoint_id uuid NOT NULL,
            event_id uuid NOT NULL,
            event_name text NOT NULL,
            body text NOT NULL,
            state text DEFAULT 'owed' NOT NULL,
            attempts integer DEFAULT '0' NOT NULL,
            due timestamptz NOT NULL,
            lease_until timestamptz,
            claim_id uuid,
            settled_at timestamptz,
            CONSTRAINT delivery_pkey PRIMARY KEY (id),
            CONSTRAINT delivery_endpoint_id_event_id_key UNIQUE (endpoint_id, event_id),
            CONSTRAINT delivery_state_check CHECK (state IN ('owed', 'delivered', 'failed')),
            CONSTRAINT delivery_endpoint_id_fkey FOREIGN KEY(endpoint_id) REFERENCES webhooks.endpoint (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX delivery_due_idx ON webhooks.delivery (due) WHERE state = 'owed'")
    op.execute("CREATE INDEX delivery_settled_at_idx ON webhooks.delivery (settled_at)")
    op.execute("""
        CREATE TABLE webhooks.attempt (
            id uuid DEFAULT uuidv7() NOT NULL,
            delivery_id uuid NOT NULL,
            number integer NOT NULL,
            at timestamptz NOT NULL,
            outcome text NOT NULL,
            status integer,
            reason text DEFAULT '' NOT NULL,
            answer text DEFAULT '' NOT NULL,
            duration_ms integer NOT NULL,
            CONSTRAINT attempt_pkey PRIMARY KEY (id),
            CONSTRAINT attempt_delivery_id_fkey FOREIGN KEY(delivery_id) REFERENCES webhooks.delivery (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX attempt_delivery_id_idx ON webhooks.attempt (delivery_id)")
    op.execute("CREATE INDEX attempt_at_idx ON webhooks.attempt (at)")
