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
    op.execute("CREATE INDEX audit_at_idx ON access.audit (at)")
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
            holidays text DEFAULT '' NOT NULL,
            organizer text DEFAULT 'mailbox' NOT NULL,
            revision integer DEFAULT '0' NOT NULL,
            CONSTRAINT advisor_pkey PRIMARY KEY (id),
            CONSTRAINT advisor_organizer_check CHECK (organizer IN ('mailbox', 'advisor'))
        )
    """)
    op.execute("CREATE UNIQUE INDEX advisor_one_key ON booking.advisor ((true))")
    op.execute("""
        CREATE TABLE booking.answered_request (
            key text NOT NULL,
            body text NOT NULL,
            status integer NOT NULL,
            answer jsonb NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT answered_request_pkey PRIMARY KEY (key)
        )
    """)
    op.execute("CREATE INDEX answered_request_at_idx ON booking.answered_request (at)")
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
        CREATE TABLE booking.blocked (
            id uuid DEFAULT uuidv7() NOT NULL,
            pattern text NOT NULL,
            note text DEFAULT '' NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT blocked_pkey PRIMARY KEY (id),
            CONSTRAINT blocked_pattern_key UNIQUE (pattern)
        )
    """)
    op.execute("""
        CREATE TABLE booking.calendar_account (
            id uuid DEFAULT uuidv7() NOT NULL,
            kind text NOT NULL,
            name text NOT NULL,
            url text NOT NULL,
            username text DEFAULT '' NOT NULL,
            password text DEFAULT '' NOT NULL,
            digest text,
            created_at timestamptz NOT NULL,
            state text DEFAULT 'done' NOT NULL,
            found_at timestamptz,
            attempt integer DEFAULT '0' NOT NULL,
            retry_at timestamptz,
            claim_id uuid,
            lease_until timestamptz,
            error text,
            CONSTRAINT calendar_account_pkey PRIMARY KEY (id),
            CONSTRAINT calendar_account_kind_check CHECK (kind IN ('ics', 'caldav')),
            CONSTRAINT calendar_account_state_check CHECK (state IN ('queued', 'claimed', 'done', 'parked')),
            CONSTRAINT calendar_account_digest_key UNIQUE (digest)
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
        CREATE TABLE booking.erased (
            digest text NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT erased_pkey PRIMARY KEY (digest)
        )
    """)
    op.execute("""
        CREATE TABLE booking.feed (
            id uuid DEFAULT uuidv7() NOT NULL,
            token text NOT NULL,
            kind text NOT NULL,
            label text DEFAULT '' NOT NULL,
            digest text DEFAULT '' NOT NULL,
            changed_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            revoked_at timestamptz,
            CONSTRAINT feed_pkey PRIMARY KEY (id),
            CONSTRAINT feed_kind_check CHECK (kind IN ('calls', 'free_busy')),
            CONSTRAINT feed_token_key UNIQUE (token)
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
    op.execute("CREATE INDEX inbox_handled_idx ON booking.inbox (handled_at) WHERE handled_at IS NOT NULL")
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
        CREATE TABLE booking.away (
            id uuid DEFAULT uuidv7() NOT NULL,
            advisor_id uuid NOT NULL,
            first_date date NOT NULL,
            last_date date NOT NULL,
            message text DEFAULT '' NOT NULL,
            CONSTRAINT away_pkey PRIMARY KEY (id),
            CONSTRAINT away_dates_check CHECK (first_date <= last_date),
            CONSTRAINT away_advisor_id_fkey FOREIGN KEY(advisor_id) REFERENCES booking.advisor (id),
            CONSTRAINT away_advisor_id_first_date_last_date_message_key
                UNIQUE (advisor_id, first_date, last_date, message)
        )
    """)
    op.execute("""
        CREATE TABLE booking.calendar (
            id uuid DEFAULT uuidv7() NOT NULL,
            account_id uuid NOT NULL,
            name text NOT NULL,
            url text NOT NULL,
            url_digest text NOT NULL,
            zone text DEFAULT '' NOT NULL,
            is_read boolean DEFAULT 'true' NOT NULL,
            is_written boolean DEFAULT 'false' NOT NULL,
            is_writable boolean DEFAULT 'true' NOT NULL,
            etag text DEFAULT '' NOT NULL,
            last_modified text DEFAULT '' NOT NULL,
            sync_token text DEFAULT '' NOT NULL,
            read_at timestamptz,
            tried_at timestamptz,
            wanted_at timestamptz,
            retry_at timestamptz,
            failures integer DEFAULT '0' NOT NULL,
            error text,
            expanded_until timestamptz,
            expanded_in text DEFAULT '' NOT NULL,
            stale_minutes integer DEFAULT '360' NOT NULL,
            claim_id uuid,
            lease_until timestamptz,
            CONSTRAINT calendar_pkey PRIMARY KEY (id),
            CONSTRAINT calendar_account_id_url_digest_key UNIQUE (account_id, url_digest),
            CONSTRAINT calendar_account_id_fkey FOREIGN KEY(account_id) REFERENCES booking.calendar_account (id) ON DELETE CASCADE
        )
    """)
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
    op.execute("CREATE INDEX message_body_date_idx ON booking.message_body (date)")
    op.execute("""
        CREATE TABLE booking.schedule (
            id uuid DEFAULT uuidv7() NOT NULL,
            advisor_id uuid NOT NULL,
            name text NOT NULL,
            standard boolean DEFAULT 'false' NOT NULL,
            CONSTRAINT schedule_pkey PRIMARY KEY (id),
            CONSTRAINT schedule_advisor_id_fkey FOREIGN KEY(advisor_id) REFERENCES booking.advisor (id),
            CONSTRAINT schedule_name_key UNIQUE (name)
        )
    """)
    op.execute("CREATE UNIQUE INDEX schedule_standard_key ON booking.schedule (advisor_id) WHERE standard")
    op.execute("""
        CREATE TABLE booking.travel (
            id uuid DEFAULT uuidv7() NOT NULL,
            advisor_id uuid NOT NULL,
            first_date date NOT NULL,
            last_date date NOT NULL,
            zone text NOT NULL,
            CONSTRAINT travel_pkey PRIMARY KEY (id),
            CONSTRAINT travel_dates_check CHECK (first_date <= last_date),
            CONSTRAINT travel_advisor_id_fkey FOREIGN KEY(advisor_id) REFERENCES booking.advisor (id)
        )
    """)
    op.execute("""
        CREATE TABLE booking.busy_time (
            id uuid DEFAULT uuidv7() NOT NULL,
            calendar_id uuid NOT NULL,
            href text NOT NULL,
            uid text NOT NULL,
            during tstzrange NOT NULL,
            CONSTRAINT busy_time_pkey PRIMARY KEY (id),
            CONSTRAINT busy_time_during_check CHECK (NOT isempty(during)),
            CONSTRAINT busy_time_calendar_id_fkey FOREIGN KEY(calendar_id) REFERENCES booking.calendar (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX busy_time_during_idx ON booking.busy_time USING gist (during)")
    op.execute("CREATE INDEX busy_time_object_idx ON booking.busy_time (calendar_id, href)")
    op.execute("""
        CREATE TABLE booking.calendar_object (
            calendar_id uuid NOT NULL,
            href text NOT NULL,
            etag text DEFAULT '' NOT NULL,
            content text NOT NULL,
            doubtful integer DEFAULT '0' NOT NULL,
            CONSTRAINT calendar_object_pkey PRIMARY KEY (calendar_id, href),
            CONSTRAINT calendar_object_calendar_id_fkey FOREIGN KEY(calendar_id) REFERENCES booking.calendar (id) ON DELETE CASCADE
        )
    """)
    op.execute("""
        CREATE TABLE booking.call_type (
            id uuid DEFAULT uuidv7() NOT NULL,
            slug text NOT NULL,
            way text NOT NULL,
            name text NOT NULL,
            headline text DEFAULT '' NOT NULL,
            minutes integer NOT NULL,
            other_minutes integer[] DEFAULT '{}' NOT NULL,
            interval_minutes integer NOT NULL,
            buffer_before_minutes integer DEFAULT '0' NOT NULL,
            buffer_after_minutes integer DEFAULT '0' NOT NULL,
            notice_minutes integer DEFAULT '0' NOT NULL,
            horizon_kind text DEFAULT 'days' NOT NULL,
            horizon_days integer DEFAULT '60' NOT NULL,
            first_date date,
            last_date date,
            schedule_id uuid,
            move_notice_minutes integer DEFAULT '0' NOT NULL,
            cancel_notice_minutes integer DEFAULT '0' NOT NULL,
            most_moves integer,
            most_open integer,
            seats integer DEFAULT '1' NOT NULL,
            confirmation text DEFAULT 'none' NOT NULL,
            pending_blocks boolean DEFAULT 'true' NOT NULL,
            verify_email boolean DEFAULT 'false' NOT NULL,
            questions jsonb DEFAULT '[]'::jsonb NOT NULL,
            location_kind text DEFAULT 'video' NOT NULL,
            location text DEFAULT '' NOT NULL,
            price_text text DEFAULT '' NOT NULL,
            pay_url text DEFAULT '' NOT NULL,
            redirect_url text DEFAULT '' NOT NULL,
            access text DEFAULT 'public' NOT NULL,
            reminder_minutes integer[] DEFAULT '{60,1440}' NOT NULL,
            follow_up_minutes integer DEFAULT '60',
            no_show_follow_up boolean DEFAULT 'true' NOT NULL,
            position integer DEFAULT '0' NOT NULL,
            active boolean DEFAULT 'true' NOT NULL,
            revision integer DEFAULT '0' NOT NULL,
            CONSTRAINT call_type_pkey PRIMARY KEY (id),
            CONSTRAINT call_type_minutes_check CHECK (minutes BETWEEN 5 AND 480),
            CONSTRAINT call_type_other_minutes_check CHECK (5 <= ALL (other_minutes) AND 480 >= ALL (other_minutes)),
            CONSTRAINT call_type_interval_minutes_check CHECK (interval_minutes BETWEEN 5 AND 480),
            CONSTRAINT call_type_access_check CHECK (access IN ('public', 'accepted_request', 'link')),
            CONSTRAINT call_type_horizon_kind_check CHECK (horizon_kind IN ('days', 'business_days', 'dates')),
            CONSTRAINT call_type_horizon_dates_check CHECK (horizon_kind <> 'dates' OR (first_date IS NOT NULL AND last_date >= first_date)),
            CONSTRAINT call_type_confirmation_check CHECK (confirmation IN ('none', 'always', 'free_mail')),
            CONSTRAINT call_type_location_kind_check CHECK (location_kind IN ('video', 'phone_out', 'phone_in', 'in_person', 'jitsi')),
            CONSTRAINT call_type_seats_check CHECK (seats >= 1),
            CONSTRAINT call_type_slug_key UNIQUE (slug),
            CONSTRAINT call_type_schedule_id_fkey FOREIGN KEY(schedule_id) REFERENCES booking.schedule (id)
        )
    """)
    op.execute("""
        CREATE TABLE booking.date_override (
            id uuid DEFAULT uuidv7() NOT NULL,
            schedule_id uuid NOT NULL,
            on_date date NOT NULL,
            windows jsonb DEFAULT '[]'::jsonb NOT NULL,
            CONSTRAINT date_override_pkey PRIMARY KEY (id),
            CONSTRAINT date_override_schedule_id_on_date_key UNIQUE (schedule_id, on_date),
            CONSTRAINT date_override_schedule_id_fkey FOREIGN KEY(schedule_id) REFERENCES booking.schedule (id) ON DELETE CASCADE
        )
    """)
    op.execute("""
        CREATE TABLE booking.weekly_hours (
            id uuid DEFAULT uuidv7() NOT NULL,
            schedule_id uuid NOT NULL,
            weekday smallint NOT NULL,
            start_minute smallint NOT NULL,
            end_minute smallint NOT NULL,
            crosses_midnight boolean DEFAULT 'false' NOT NULL,
            CONSTRAINT weekly_hours_pkey PRIMARY KEY (id),
            CONSTRAINT weekly_hours_weekday_check CHECK (weekday BETWEEN 1 AND 7),
            CONSTRAINT weekly_hours_minutes_check CHECK (start_minute BETWEEN 0 AND 1439 AND end_minute BETWEEN 0 AND 1440),
            CONSTRAINT weekly_hours_schedule_id_fkey FOREIGN KEY(schedule_id) REFERENCES booking.schedule (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX weekly_hours_schedule_id_idx ON booking.weekly_hours (schedule_id)")
    op.execute("""
        CREATE TABLE booking.call_limit (
            id uuid DEFAULT uuidv7() NOT NULL,
            advisor_id uuid NOT NULL,
            call_type_id uuid,
            per text NOT NULL,
            unit text NOT NULL,
            most integer NOT NULL,
            CONSTRAINT call_limit_pkey PRIMARY KEY (id),
            CONSTRAINT call_limit_per_check CHECK (per IN ('day', 'week', 'month')),
            CONSTRAINT call_limit_unit_check CHECK (unit IN ('calls', 'minutes')),
            CONSTRAINT call_limit_most_check CHECK (most > 0),
            CONSTRAINT call_limit_advisor_id_call_type_id_per_unit_key UNIQUE NULLS NOT DISTINCT (advisor_id, call_type_id, per, unit),
            CONSTRAINT call_limit_advisor_id_fkey FOREIGN KEY(advisor_id) REFERENCES booking.advisor (id),
            CONSTRAINT call_limit_call_type_id_fkey FOREIGN KEY(call_type_id) REFERENCES booking.call_type (id)
        )
    """)
    op.execute("""
        CREATE TABLE booking.group_call (
            id uuid DEFAULT uuidv7() NOT NULL,
            uid text NOT NULL,
            call_type_id uuid NOT NULL,
            state text DEFAULT 'confirmed' NOT NULL,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            capacity integer NOT NULL,
            taken integer DEFAULT '0' NOT NULL,
            sequence integer DEFAULT '0' NOT NULL,
            location text DEFAULT '' NOT NULL,
            advisor_answer text DEFAULT 'needs-action' NOT NULL,
            advisor_answer_stamp timestamptz,
            created_at timestamptz NOT NULL,
            changed_at timestamptz NOT NULL,
            CONSTRAINT group_call_pkey PRIMARY KEY (id),
            CONSTRAINT group_call_taken_check CHECK (taken BETWEEN 0 AND capacity),
            CONSTRAINT group_call_state_check CHECK (state IN ('confirmed', 'cancelled', 'completed')),
            CONSTRAINT group_call_times_check CHECK (starts_at < ends_at),
            CONSTRAINT group_call_advisor_answer_check CHECK (advisor_answer IN ('needs-action', 'accepted', 'tentative', 'declined')),
            CONSTRAINT group_call_uid_key UNIQUE (uid),
            CONSTRAINT group_call_call_type_id_fkey FOREIGN KEY(call_type_id) REFERENCES booking.call_type (id)
        )
    """)
    op.execute(
        "CREATE UNIQUE INDEX group_call_start_key ON booking.group_call (call_type_id, starts_at) WHERE state = 'confirmed'"
    )
    op.execute("""
        CREATE TABLE booking.private_link (
            id uuid DEFAULT uuidv7() NOT NULL,
            token text NOT NULL,
            call_type_id uuid NOT NULL,
            label text DEFAULT '' NOT NULL,
            most_uses integer,
            uses integer DEFAULT '0' NOT NULL,
            expires_at timestamptz,
            revoked_at timestamptz,
            created_at timestamptz NOT NULL,
            CONSTRAINT private_link_pkey PRIMARY KEY (id),
            CONSTRAINT private_link_uses_check CHECK (uses >= 0 AND (most_uses IS NULL OR uses <= most_uses)),
            CONSTRAINT private_link_token_key UNIQUE (token),
            CONSTRAINT private_link_call_type_id_fkey FOREIGN KEY(call_type_id) REFERENCES booking.call_type (id)
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
            link_id uuid,
            group_call_id uuid,
            state text DEFAULT 'confirmed' NOT NULL,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            sequence integer DEFAULT '0' NOT NULL,
            revision integer DEFAULT '0' NOT NULL,
            moves integer DEFAULT '0' NOT NULL,
            name text NOT NULL,
            email text NOT NULL,
            person text NOT NULL,
            zone text NOT NULL,
            locale text DEFAULT 'en' NOT NULL,
            company text DEFAULT '' NOT NULL,
            phone text DEFAULT '' NOT NULL,
            location text DEFAULT '' NOT NULL,
            answers jsonb DEFAULT '[]'::jsonb NOT NULL,
            attribution jsonb DEFAULT '{}'::jsonb NOT NULL,
            answer text DEFAULT 'needs-action' NOT NULL,
            advisor_answer text DEFAULT 'needs-action' NOT NULL,
            answer_stamp timestamptz,
            advisor_answer_stamp timestamptz,
            organizer text DEFAULT '' NOT NULL,
            notes text DEFAULT '' NOT NULL,
            created_at timestamptz NOT NULL,
            changed_at timestamptz NOT NULL,
            cancelled_by text DEFAULT '' NOT NULL,
            reason text DEFAULT '' NOT NULL,
            verify_token text,
            verify_by timestamptz,
            paid_at timestamptz,
            placed_against text DEFAULT '' NOT NULL,
            CONSTRAINT call_pkey PRIMARY KEY (id),
            CONSTRAINT call_state_check CHECK (state IN ('unverified', 'pending', 'confirmed', 'declined', 'lapsed', 'cancelled', 'completed', 'missed')),
            CONSTRAINT call_times_check CHECK (starts_at < ends_at),
            CONSTRAINT call_answer_check CHECK (answer IN ('needs-action', 'accepted', 'tentative', 'declined')),
            CONSTRAINT call_advisor_answer_check CHECK (advisor_answer IN ('needs-action', 'accepted', 'tentative', 'declined')),
            CONSTRAINT call_token_key UNIQUE (token),
            CONSTRAINT call_uid_key UNIQUE (uid),
            CONSTRAINT call_call_type_id_fkey FOREIGN KEY(call_type_id) REFERENCES booking.call_type (id),
            CONSTRAINT call_ask_id_fkey FOREIGN KEY(ask_id) REFERENCES booking.ask (id),
            CONSTRAINT call_link_id_fkey FOREIGN KEY(link_id) REFERENCES booking.private_link (id),
            CONSTRAINT call_group_call_id_fkey FOREIGN KEY(group_call_id) REFERENCES booking.group_call (id),
            CONSTRAINT call_verify_token_key UNIQUE (verify_token)
        )
    """)
    op.execute(
        "CREATE UNIQUE INDEX call_ask_id_key ON booking.call (ask_id) WHERE state NOT IN ('declined', 'lapsed', 'cancelled')"
    )
    op.execute("CREATE INDEX call_call_type_id_idx ON booking.call (call_type_id)")
    op.execute(
        "CREATE UNIQUE INDEX call_form_key_key ON booking.call (form_key) WHERE state IN ('unverified', 'pending', 'confirmed')"
    )
    op.execute("CREATE INDEX call_group_call_id_idx ON booking.call (group_call_id)")
    op.execute(
        "CREATE INDEX call_live_idx ON booking.call (starts_at) WHERE state IN ('unverified', 'pending', 'confirmed')"
    )
    op.execute("CREATE INDEX call_person_idx ON booking.call (person)")
    op.execute("CREATE INDEX call_starts_at_idx ON booking.call (starts_at)")
    op.execute("""
        CREATE TABLE booking.calendar_entry (
            id uuid DEFAULT uuidv7() NOT NULL,
            calendar_id uuid NOT NULL,
            call_id uuid,
            group_call_id uuid,
            uid text NOT NULL,
            href text DEFAULT '' NOT NULL,
            etag text DEFAULT '' NOT NULL,
            wanted integer NOT NULL,
            written integer,
            gone boolean DEFAULT 'false' NOT NULL,
            state text DEFAULT 'queued' NOT NULL,
            attempt integer DEFAULT '0' NOT NULL,
            retry_at timestamptz,
            claim_id uuid,
            lease_until timestamptz,
            error text,
            CONSTRAINT calendar_entry_pkey PRIMARY KEY (id),
            CONSTRAINT calendar_entry_calendar_id_uid_key UNIQUE (calendar_id, uid),
            CONSTRAINT calendar_entry_about_check CHECK (num_nonnulls(call_id, group_call_id) = 1),
            CONSTRAINT calendar_entry_state_check CHECK (state IN ('queued', 'claimed', 'done', 'parked')),
            CONSTRAINT calendar_entry_calendar_id_fkey FOREIGN KEY(calendar_id) REFERENCES booking.calendar (id) ON DELETE CASCADE,
            CONSTRAINT calendar_entry_call_id_fkey FOREIGN KEY(call_id) REFERENCES booking.call (id),
            CONSTRAINT calendar_entry_group_call_id_fkey FOREIGN KEY(group_call_id) REFERENCES booking.group_call (id)
        )
    """)
    op.execute("CREATE INDEX calendar_entry_lease_idx ON booking.calendar_entry (lease_until) WHERE state = 'claimed'")
    op.execute("CREATE INDEX calendar_entry_queued_idx ON booking.calendar_entry (retry_at) WHERE state = 'queued'")
    op.execute("""
        CREATE TABLE booking.claim (
            id uuid DEFAULT uuidv7() NOT NULL,
            advisor_id uuid NOT NULL,
            during tstzrange NOT NULL,
            kind text NOT NULL,
            active boolean DEFAULT 'true' NOT NULL,
            call_id uuid,
            group_call_id uuid,
            holder text,
            network text,
            expires_at timestamptz,
            CONSTRAINT claim_pkey PRIMARY KEY (id),
            CONSTRAINT claim_no_overlap EXCLUDE USING gist (advisor_id WITH =, during WITH &&) WHERE (active),
            CONSTRAINT claim_kind_check CHECK (kind IN ('hold', 'pending', 'call')),
            CONSTRAINT claim_during_check CHECK (NOT isempty(during)),
            CONSTRAINT claim_whose_check CHECK (num_nonnulls(call_id, group_call_id, holder) = 1),
            CONSTRAINT claim_holder_check CHECK ((kind = 'hold') = (holder IS NOT NULL)),
            CONSTRAINT claim_advisor_id_fkey FOREIGN KEY(advisor_id) REFERENCES booking.advisor (id),
            CONSTRAINT claim_call_id_fkey FOREIGN KEY(call_id) REFERENCES booking.call (id),
            CONSTRAINT claim_group_call_id_fkey FOREIGN KEY(group_call_id) REFERENCES booking.group_call (id)
        )
    """)
    op.execute("CREATE UNIQUE INDEX claim_call_id_key ON booking.claim (call_id)")
    op.execute("CREATE UNIQUE INDEX claim_group_call_id_key ON booking.claim (group_call_id)")
    op.execute("CREATE UNIQUE INDEX claim_holder_key ON booking.claim (holder)")
    op.execute("CREATE INDEX claim_network_idx ON booking.claim (network) WHERE network IS NOT NULL")
    op.execute("""
        CREATE TABLE booking.guest (
            id uuid DEFAULT uuidv7() NOT NULL,
            call_id uuid NOT NULL,
            name text DEFAULT '' NOT NULL,
            email text NOT NULL,
            person text NOT NULL,
            answer text DEFAULT 'needs-action' NOT NULL,
            answer_stamp timestamptz,
            removed_at timestamptz,
            CONSTRAINT guest_pkey PRIMARY KEY (id),
            CONSTRAINT guest_call_id_person_key UNIQUE (call_id, person),
            CONSTRAINT guest_answer_check CHECK (answer IN ('needs-action', 'accepted', 'tentative', 'declined')),
            CONSTRAINT guest_call_id_fkey FOREIGN KEY(call_id) REFERENCES booking.call (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX guest_person_idx ON booking.guest (person)")
    op.execute("""
        CREATE TABLE booking.proposal (
            id uuid DEFAULT uuidv7() NOT NULL,
            token text NOT NULL,
            call_id uuid,
            ask_id uuid,
            call_type_id uuid NOT NULL,
            made_by text NOT NULL,
            state text DEFAULT 'open' NOT NULL,
            starts timestamptz[] NOT NULL,
            ends_at timestamptz,
            sequence integer DEFAULT '0' NOT NULL,
            message text DEFAULT '' NOT NULL,
            created_at timestamptz NOT NULL,
            answered_at timestamptz,
            CONSTRAINT proposal_pkey PRIMARY KEY (id),
            CONSTRAINT proposal_about_check CHECK (num_nonnulls(call_id, ask_id) = 1),
            CONSTRAINT proposal_made_by_check CHECK (made_by IN ('advisor', 'prospect')),
            CONSTRAINT proposal_state_check CHECK (state IN ('open', 'accepted', 'refused', 'replaced')),
            CONSTRAINT proposal_starts_check CHECK (cardinality(starts) BETWEEN 1 AND 10),
            CONSTRAINT proposal_token_key UNIQUE (token),
            CONSTRAINT proposal_call_id_fkey FOREIGN KEY(call_id) REFERENCES booking.call (id) ON DELETE CASCADE,
            CONSTRAINT proposal_ask_id_fkey FOREIGN KEY(ask_id) REFERENCES booking.ask (id) ON DELETE CASCADE,
            CONSTRAINT proposal_call_type_id_fkey FOREIGN KEY(call_type_id) REFERENCES booking.call_type (id)
        )
    """)
    op.execute("CREATE INDEX proposal_ask_id_idx ON booking.proposal (ask_id)")
    op.execute("CREATE UNIQUE INDEX proposal_open_key ON booking.proposal (call_id, made_by) WHERE state = 'open'")
    # What the other services may see of `access`: enough to know who is calling, nothing to sign in with.
    op.execute("""
        CREATE VIEW access.live_session AS
            SELECT s.fingerprint, s.account_id, a.email, s.expires_at
            FROM access.session s JOIN access.account a ON a.id = s.account_id
    """)
    op.execute("""
        CREATE VIEW access.live_token AS
            SELECT fingerprint, id, label, scopes FROM access.api_token WHERE revoked_at IS NULL
    """)
