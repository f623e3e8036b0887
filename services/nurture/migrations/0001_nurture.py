"""Nurture's tables."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE nurture.article (
            id uuid DEFAULT uuidv7() NOT NULL,
            slug text NOT NULL,
            title text NOT NULL,
            kind text NOT NULL,
            source text NOT NULL,
            revision integer NOT NULL,
            published_at timestamptz NOT NULL,
            CONSTRAINT article_pkey PRIMARY KEY (id),
            CONSTRAINT article_slug_key UNIQUE (slug)
        )
    """)
    op.execute("""
        CREATE TABLE nurture.inbox (
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
    op.execute("CREATE INDEX inbox_waiting_idx ON nurture.inbox (received_at) WHERE handled_at IS NULL")
    op.execute("CREATE INDEX inbox_waiting_person_idx ON nurture.inbox (person) WHERE handled_at IS NULL")
    op.execute("CREATE INDEX inbox_handled_idx ON nurture.inbox (handled_at) WHERE handled_at IS NOT NULL")
    op.execute("""
        CREATE TABLE nurture.erased (
            digest text NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT erased_pkey PRIMARY KEY (digest)
        )
    """)
    op.execute("""
        CREATE TABLE nurture.known_advisor (
            id uuid NOT NULL,
            revision bigint NOT NULL,
            name text NOT NULL,
            email text NOT NULL,
            zone text NOT NULL,
            title text NOT NULL,
            photo_url text DEFAULT '' NOT NULL,
            signature text[] NOT NULL,
            postal_address text NOT NULL,
            call_types jsonb NOT NULL,
            CONSTRAINT known_advisor_pkey PRIMARY KEY (id)
        )
    """)
    op.execute("""
        CREATE TABLE nurture.known_call (
            call_id uuid NOT NULL,
            person text NOT NULL,
            state text NOT NULL,
            revision bigint NOT NULL,
            starts_at timestamptz NOT NULL,
            CONSTRAINT known_call_pkey PRIMARY KEY (call_id),
            CONSTRAINT known_call_state_check CHECK (state IN ('booked', 'cancelled', 'completed'))
        )
    """)
    op.execute("CREATE INDEX known_call_person_idx ON nurture.known_call (person)")
    op.execute("""
        CREATE TABLE nurture.lead (
            id uuid DEFAULT uuidv7() NOT NULL,
            token text NOT NULL,
            person text NOT NULL,
            digest text NOT NULL,
            email text NOT NULL,
            name text NOT NULL,
            zone text NOT NULL,
            locale text DEFAULT 'en' NOT NULL,
            company text DEFAULT '' NOT NULL,
            words text DEFAULT '' NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT lead_pkey PRIMARY KEY (id),
            CONSTRAINT lead_token_key UNIQUE (token),
            CONSTRAINT lead_person_key UNIQUE (person)
        )
    """)
    op.execute("CREATE INDEX lead_digest_idx ON nurture.lead (digest)")
    op.execute("""
        CREATE TABLE nurture.message (
            id uuid DEFAULT uuidv7() NOT NULL,
            dedupe_key text NOT NULL,
            kind text NOT NULL,
            mail_class text NOT NULL,
            recipient text NOT NULL,
            recipient_name text DEFAULT '' NOT NULL,
            person text NOT NULL,
            ordering_key text NOT NULL,
            revision integer DEFAULT '0' NOT NULL,
            subject_id uuid NOT NULL,
            context jsonb DEFAULT '{}'::jsonb NOT NULL,
            due timestamptz NOT NULL,
            state text DEFAULT 'queued' NOT NULL,
            attempt integer DEFAULT '0' NOT NULL,
            claim_id uuid,
            lease_until timestamptz,
            retry_at timestamptz,
            unknown_since timestamptz,
            accepted_at timestamptz,
            provider_id text,
            skip_reason text,
            error text,
            feedback text,
            created_at timestamptz NOT NULL,
            CONSTRAINT message_pkey PRIMARY KEY (id),
            CONSTRAINT message_dedupe_key_key UNIQUE (dedupe_key)
        )
    """)
    op.execute("CREATE INDEX message_due_idx ON nurture.message (due) WHERE state = 'queued'")
    op.execute(
        "CREATE INDEX message_lease_until_idx ON nurture.message (lease_until) WHERE state IN ('claimed', 'sending', 'unknown')"
    )
    op.execute(
        "CREATE INDEX message_ordering_key_idx ON nurture.message (ordering_key) WHERE state = 'queued' OR state IN ('claimed', 'sending', 'unknown')"
    )
    op.execute("CREATE INDEX message_person_idx ON nurture.message (person)")
    op.execute(
        "CREATE INDEX message_stuck_idx ON nurture.message (created_at) WHERE state IN ('unknown', 'parked', 'failed')"
    )
    op.execute("CREATE INDEX message_subject_id_idx ON nurture.message (subject_id)")
    op.execute("""
        CREATE TABLE nurture.suppression (
            digest text NOT NULL,
            reason text NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT suppression_pkey PRIMARY KEY (digest)
        )
    """)
    op.execute("""
        CREATE TABLE nurture.consent (
            id uuid DEFAULT uuidv7() NOT NULL,
            lead_id uuid NOT NULL,
            state text NOT NULL,
            shown text NOT NULL,
            source uuid,
            at timestamptz NOT NULL,
            CONSTRAINT consent_pkey PRIMARY KEY (id),
            CONSTRAINT consent_state_check CHECK (state IN ('given', 'withdrawn')),
            CONSTRAINT consent_lead_id_fkey FOREIGN KEY(lead_id) REFERENCES nurture.lead (id)
        )
    """)
    op.execute("CREATE INDEX consent_lead_id_idx ON nurture.consent (lead_id)")
    op.execute("""
        CREATE TABLE nurture.message_body (
            sender text NOT NULL,
            sender_name text NOT NULL,
            reply_to text NOT NULL,
            subject text NOT NULL,
            text text NOT NULL,
            html text NOT NULL,
            ics bytea,
            method text,
            headers jsonb NOT NULL,
            date timestamptz NOT NULL,
            boundary text NOT NULL,
            message_id uuid NOT NULL,
            CONSTRAINT message_body_pkey PRIMARY KEY (message_id),
            CONSTRAINT message_body_message_id_fkey FOREIGN KEY(message_id) REFERENCES nurture.message (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX message_body_date_idx ON nurture.message_body (date)")
    op.execute("""
        CREATE TABLE nurture.sequence_version (
            id uuid DEFAULT uuidv7() NOT NULL,
            article_id uuid NOT NULL,
            number integer NOT NULL,
            steps jsonb NOT NULL,
            published_at timestamptz NOT NULL,
            CONSTRAINT sequence_version_pkey PRIMARY KEY (id),
            CONSTRAINT sequence_version_article_id_number_key UNIQUE (article_id, number),
            CONSTRAINT sequence_version_article_id_fkey FOREIGN KEY(article_id) REFERENCES nurture.article (id)
        )
    """)
    op.execute("""
        CREATE TABLE nurture.enrolment (
            id uuid DEFAULT uuidv7() NOT NULL,
            lead_id uuid NOT NULL,
            version_id uuid NOT NULL,
            state text DEFAULT 'active' NOT NULL,
            exit_reason text DEFAULT '' NOT NULL,
            next_step integer DEFAULT '0' NOT NULL,
            due timestamptz,
            entered_at timestamptz NOT NULL,
            left_at timestamptz,
            CONSTRAINT enrolment_pkey PRIMARY KEY (id),
            CONSTRAINT enrolment_state_check CHECK (state IN ('active', 'paused', 'done', 'exited')),
            CONSTRAINT enrolment_lead_id_fkey FOREIGN KEY(lead_id) REFERENCES nurture.lead (id),
            CONSTRAINT enrolment_version_id_fkey FOREIGN KEY(version_id) REFERENCES nurture.sequence_version (id)
        )
    """)
    op.execute("CREATE INDEX enrolment_due_idx ON nurture.enrolment (due) WHERE state = 'active'")
    op.execute(
        "CREATE UNIQUE INDEX enrolment_live_key ON nurture.enrolment (lead_id) WHERE state IN ('active', 'paused')"
    )
