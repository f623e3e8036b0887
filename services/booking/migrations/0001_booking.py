"""Booking's tables, and who may come in."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS access")
    op.execute("""
        CREATE TABLE access.account (
            id uuid DEFAULT uuidv7() NOT NULL,
            email text NOT NULL,
            password_hash text NOT NULL,
            must_change boolean DEFAULT 'false' NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT account_pkey PRIMARY KEY (id),
            CONSTRAINT account_email_key UNIQUE (email)
        )
    """)
    op.execute("""
        CREATE TABLE access.api_token (
            id uuid DEFAULT uuidv7() NOT NULL,
            fingerprint text NOT NULL,
            label text NOT NULL,
            scopes text[] NOT NULL,
            created_at timestamptz NOT NULL,
            revoked_at timestamptz,
            CONSTRAINT api_token_pkey PRIMARY KEY (id),
            CONSTRAINT api_token_fingerprint_key UNIQUE (fingerprint)
        )
    """)
    op.execute("""
        CREATE TABLE access.audit (
            id uuid DEFAULT uuidv7() NOT NULL,
            actor text NOT NULL,
            act text NOT NULL,
            subject uuid,
            detail jsonb DEFAULT '{}'::jsonb NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT audit_pkey PRIMARY KEY (id)
        )
    """)
    op.execute("""
        CREATE TABLE booking.advisor (
            id uuid DEFAULT uuidv7() NOT NULL,
            name text NOT NULL,
            title text NOT NULL,
            email text NOT NULL,
            zone text NOT NULL,
            headline text DEFAULT '' NOT NULL,
            bio text[] DEFAULT '{}' NOT NULL,
            signature text[] DEFAULT '{}' NOT NULL,
            postal_address text DEFAULT '' NOT NULL,
            photo_url text DEFAULT '' NOT NULL,
            video_url text DEFAULT '' NOT NULL,
            ways jsonb DEFAULT '[]'::jsonb NOT NULL,
            revision integer DEFAULT '0' NOT NULL,
            CONSTRAINT advisor_pkey PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE UNIQUE INDEX advisor_one_key ON booking.advisor ((true))")
    op.execute("""
        CREATE TABLE booking.article (
            slug text NOT NULL,
            title text NOT NULL,
            emails integer NOT NULL,
            revision integer NOT NULL,
            published_at timestamptz NOT NULL,
            CONSTRAINT article_pkey PRIMARY KEY (slug)
        )
    """)
    op.execute("""
        CREATE TABLE booking.ask (
            id uuid DEFAULT uuidv7() NOT NULL,
            token text NOT NULL,
            form_key text,
            kind text NOT NULL,
            state text DEFAULT 'open' NOT NULL,
            revision integer DEFAULT '0' NOT NULL,
            name text NOT NULL,
            email text NOT NULL,
            person text NOT NULL,
            zone text NOT NULL,
            locale text DEFAULT 'en' NOT NULL,
            company text DEFAULT '' NOT NULL,
            phone text DEFAULT '' NOT NULL,
            message text NOT NULL,
            format text DEFAULT '' NOT NULL,
            background text DEFAULT '' NOT NULL,
            preferred_times text DEFAULT '' NOT NULL,
            follow_up text,
            attribution jsonb DEFAULT '{}'::jsonb NOT NULL,
            created_at timestamptz NOT NULL,
            answered_at timestamptz,
            CONSTRAINT ask_pkey PRIMARY KEY (id),
            CONSTRAINT ask_kind_check CHECK (kind IN ('contact', 'mentorship')),
            CONSTRAINT ask_state_check CHECK (state IN ('open', 'answered', 'accepted', 'declined')),
            CONSTRAINT ask_token_key UNIQUE (token),
            CONSTRAINT ask_form_key_key UNIQUE (form_key)
        )
    """)
    op.execute("CREATE INDEX ask_person_idx ON booking.ask (person)")
    op.execute("""
        CREATE TABLE booking.call_type (
            id uuid DEFAULT uuidv7() NOT NULL,
            slug text NOT NULL,
            way text NOT NULL,
            name text NOT NULL,
            headline text DEFAULT '' NOT NULL,
            minutes integer NOT NULL,
            interval_minutes integer NOT NULL,
            buffer_before_minutes integer DEFAULT '0' NOT NULL,
            buffer_after_minutes integer DEFAULT '0' NOT NULL,
            notice_minutes integer DEFAULT '0' NOT NULL,
            horizon_days integer DEFAULT '60' NOT NULL,
            move_notice_minutes integer DEFAULT '0' NOT NULL,
            cancel_notice_minutes integer DEFAULT '0' NOT NULL,
            location text DEFAULT '' NOT NULL,
            price_text text DEFAULT '' NOT NULL,
            access text DEFAULT 'public' NOT NULL,
            position integer DEFAULT '0' NOT NULL,
            active boolean DEFAULT 'true' NOT NULL,
            CONSTRAINT call_type_pkey PRIMARY KEY (id),
            CONSTRAINT call_type_minutes_check CHECK (minutes BETWEEN 5 AND 480),
            CONSTRAINT call_type_interval_minutes_check CHECK (interval_minutes BETWEEN 5 AND 480),
            CONSTRAINT call_type_access_check CHECK (access IN ('public', 'accepted_request')),
            CONSTRAINT call_type_slug_key UNIQUE (slug)
        )
    """)
    op.execute("""
        CREATE TABLE booking.dead_address (
            person text NOT NULL,
            reason text NOT NULL,
            since timestamptz NOT NULL,
            CONSTRAINT dead_address_pkey PRIMARY KEY (person)
        )
    """)
    op.execute("""
        CREATE TABLE booking.inbox (
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
    op.execute("CREATE INDEX inbox_waiting_idx ON booking.inbox (received_at) WHERE handled_at IS NULL")
    op.execute("CREATE INDEX inbox_waiting_person_idx ON booking.inbox (person) WHERE handled_at IS NULL")
    op.execute("""
        CREATE TABLE booking.message (
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
    op.execute("CREATE INDEX message_due_idx ON booking.message (due) WHERE state = 'queued'")
    op.execute(
        "CREATE INDEX message_lease_until_idx ON booking.message (lease_until) WHERE state IN ('claimed', 'sending', 'unknown')"
    )
    op.execute(
        "CREATE INDEX message_ordering_key_idx ON booking.message (ordering_key) WHERE state = 'queued' OR state IN ('claimed', 'sending', 'unknown')"
    )
    op.execute("CREATE INDEX message_person_idx ON booking.message (person)")
    op.execute(
        "CREATE INDEX message_stuck_idx ON booking.message (created_at) WHERE state IN ('unknown', 'parked', 'failed')"
    )
    op.execute("CREATE INDEX message_subject_id_idx ON booking.message (subject_id)")
    op.execute("""
        CREATE TABLE access.session (
            fingerprint text NOT NULL,
            account_id uuid NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            CONSTRAINT session_pkey PRIMARY KEY (fingerprint),
            CONSTRAINT session_account_id_fkey FOREIGN KEY(account_id) REFERENCES access.account (id) ON DELETE CASCADE
        )
    """)
    op.execute("""
        CREATE TABLE booking.call (
            id uuid DEFAULT uuidv7() NOT NULL,
            token text NOT NULL,
            uid text NOT NULL,
            form_key text,
            call_type_id uuid NOT NULL,
            ask_id uuid,
            state text DEFAULT 'confirmed' NOT NULL,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            sequence integer DEFAULT '0' NOT NULL,
            moves integer DEFAULT '0' NOT NULL,
            name text NOT NULL,
            email text NOT NULL,
            person text NOT NULL,
            zone text NOT NULL,
            locale text DEFAULT 'en' NOT NULL,
            company text DEFAULT '' NOT NULL,
            answers jsonb DEFAULT '[]'::jsonb NOT NULL,
            attribution jsonb DEFAULT '{}'::jsonb NOT NULL,
            created_at timestamptz NOT NULL,
            changed_at timestamptz NOT NULL,
            cancelled_by text DEFAULT '' NOT NULL,
            reason text DEFAULT '' NOT NULL,
            CONSTRAINT call_pkey PRIMARY KEY (id),
            CONSTRAINT call_state_check CHECK (state IN ('confirmed', 'cancelled', 'completed')),
            CONSTRAINT call_times_check CHECK (starts_at < ends_at),
            CONSTRAINT call_token_key UNIQUE (token),
            CONSTRAINT call_uid_key UNIQUE (uid),
            CONSTRAINT call_call_type_id_fkey FOREIGN KEY(call_type_id) REFERENCES booking.call_type (id),
            CONSTRAINT call_ask_id_fkey FOREIGN KEY(ask_id) REFERENCES booking.ask (id)
        )
    """)
    op.execute("CREATE UNIQUE INDEX call_ask_id_key ON booking.call (ask_id) WHERE state <> 'cancelled'")
    op.execute("CREATE UNIQUE INDEX call_form_key_key ON booking.call (form_key) WHERE state = 'confirmed'")
    op.execute("CREATE INDEX call_live_idx ON booking.call (starts_at) WHERE state = 'confirmed'")
    op.execute("CREATE INDEX call_person_idx ON booking.call (person)")
    op.execute("""
        CREATE TABLE booking.message_body (
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
            CONSTRAINT message_body_message_id_fkey FOREIGN KEY(message_id) REFERENCES booking.message (id) ON DELETE CASCADE
        )
    """)
    op.execute("""
        CREATE TABLE booking.weekly_hours (
            id uuid DEFAULT uuidv7() NOT NULL,
            advisor_id uuid NOT NULL,
            weekday smallint NOT NULL,
            start_minute smallint NOT NULL,
            end_minute smallint NOT NULL,
            crosses_midnight boolean DEFAULT 'false' NOT NULL,
            CONSTRAINT weekly_hours_pkey PRIMARY KEY (id),
            CONSTRAINT weekly_hours_weekday_check CHECK (weekday BETWEEN 1 AND 7),
            CONSTRAINT weekly_hours_minutes_check CHECK (start_minute BETWEEN 0 AND 1439 AND end_minute BETWEEN 0 AND 1440),
            CONSTRAINT weekly_hours_advisor_id_fkey FOREIGN KEY(advisor_id) REFERENCES booking.advisor (id)
        )
    """)
    op.execute("""
        CREATE TABLE booking.claim (
            id uuid DEFAULT uuidv7() NOT NULL,
            advisor_id uuid NOT NULL,
            during tstzrange NOT NULL,
            kind text NOT NULL,
            active boolean DEFAULT 'true' NOT NULL,
            call_id uuid,
            expires_at timestamptz,
            CONSTRAINT claim_pkey PRIMARY KEY (id),
            CONSTRAINT claim_no_overlap EXCLUDE USING gist (advisor_id WITH =, during WITH &&) WHERE (active),
            CONSTRAINT claim_kind_check CHECK (kind IN ('hold', 'pending', 'call')),
            CONSTRAINT claim_during_check CHECK (NOT isempty(during)),
            CONSTRAINT claim_advisor_id_fkey FOREIGN KEY(advisor_id) REFERENCES booking.advisor (id),
            CONSTRAINT claim_call_id_fkey FOREIGN KEY(call_id) REFERENCES booking.call (id)
        )
    """)
    op.execute("CREATE UNIQUE INDEX claim_call_id_key ON booking.claim (call_id)")
    # What the other services may see of `access`: enough to know who is calling, nothing to sign in with.
    op.execute("""
        CREATE VIEW access.live_session AS
            SELECT s.fingerprint, s.account_id, a.email, s.expires_at
            FROM access.session s JOIN access.account a ON a.id = s.account_id
    """)
    op.execute("""
        CREATE VIEW access.live_token AS
            SELECT fingerprint, scopes FROM access.api_token WHERE revoked_at IS NULL
    """)
