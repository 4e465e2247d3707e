-- What Piccolo's tables cannot say: who may change what, uniqueness over several columns, balanced
-- and append-only books, search, and the indexes of the hot paths. docs/money.md, docs/operations.md.

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

-- ---------------------------------------------------------------- the role that requests run as
DO $$
BEGIN
    CREATE ROLE chenu_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- roles belong to the cluster: another database of it made this one
END $$;

DO $$
BEGIN
    EXECUTE format('GRANT chenu_app TO %I', current_user);
EXCEPTION WHEN OTHERS THEN
    NULL; -- a superuser needs no grant, and two databases may grant it at once
END $$;

GRANT USAGE ON SCHEMA public TO chenu_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO chenu_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO chenu_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO chenu_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO chenu_app;

REVOKE UPDATE, DELETE ON ledger_transaction, ledger_entry, ledger_seal, audit_event, acceptance
    FROM chenu_app;
REVOKE DELETE ON ledger_account, operation, purchase, purchase_payment, access_grant, webhook_event
    FROM chenu_app;

-- ---------------------------------------------------------------- append-only books
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER ledger_transaction_append_only BEFORE UPDATE OR DELETE ON ledger_transaction
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_seal_append_only BEFORE UPDATE OR DELETE ON ledger_seal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
        WHERE e.transaction_id = NEW.transaction_id GROUP BY a.asset HAVING sum(e.amount) <> 0
    ) THEN
        RAISE EXCEPTION 'ledger transaction % does not balance', NEW.transaction_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_balance();

CREATE UNIQUE INDEX ledger_account_meaning ON ledger_account (kind, owner_id, asset)
    NULLS NOT DISTINCT;
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_balance
    CHECK ((owner_id IS NULL) = (balance IS NULL) AND (balance IS NULL OR balance >= 0));
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_amount CHECK (amount <> 0);

-- ---------------------------------------------------------------- operations, inbox, outbox
ALTER TABLE operation ADD CONSTRAINT operation_state
    CHECK (state IN ('INTENT', 'UNKNOWN', 'SETTLED', 'FAILED')),
    ADD CONSTRAINT operation_repair
    CHECK ((state IN ('INTENT', 'UNKNOWN')) = (next_check_at IS NOT NULL));
CREATE INDEX operation_due ON operation (next_check_at) WHERE state IN ('INTENT', 'UNKNOWN');
CREATE INDEX operation_open ON operation (id) WHERE state IN ('INTENT', 'UNKNOWN');
CREATE INDEX operation_state ON operation (kind, state); -- what /metrics counts
CREATE UNIQUE INDEX operation_stripe_object ON operation (kind, stripe_id)
    WHERE stripe_id IS NOT NULL AND kind <> 'CHECKOUT_EXPIRY';
CREATE INDEX webhook_event_waiting ON webhook_event (received_at) WHERE state = 'RECEIVED';
CREATE INDEX outbox_mail_waiting ON outbox_mail (id) WHERE state = 'QUEUED';
CREATE INDEX outbox_mail_latest ON outbox_mail (created_at DESC, id DESC);

-- ---------------------------------------------------------------- people and accounts
CREATE UNIQUE INDEX membership_once ON membership (account, member);
CREATE UNIQUE INDEX account_personal ON account (owner) WHERE kind = 'PERSONAL';
CREATE UNIQUE INDEX staff_role_once ON staff_role (member, role);
CREATE UNIQUE INDEX idempotency_record_once ON idempotency_record (account, key);
ALTER TABLE app_user ADD CONSTRAINT app_user_email CHECK (email = lower(email)),
    ADD CONSTRAINT app_user_locale CHECK (locale IN ('fr', 'en'));
ALTER TABLE account ADD CONSTRAINT account_tier
    CHECK (tier IN ('FREE', 'STARTER', 'PRO', 'BUSINESS', 'ENTERPRISE'));
CREATE INDEX user_session_ended ON user_session
    (least(expires_at, coalesce(revoked_at, expires_at)));
CREATE INDEX attempt_window_old ON attempt_window (started_at);

-- ---------------------------------------------------------------- money of sales
ALTER TABLE purchase_payment ADD CONSTRAINT purchase_payment_adds_up
    CHECK (gross = discount + tax + creator_share + platform_share),
    ADD CONSTRAINT purchase_payment_signs
    CHECK (least(gross, discount, tax, creator_share, platform_share, fee, refunded) >= 0
        AND refunded <= gross);
ALTER TABLE purchase ADD CONSTRAINT purchase_status CHECK (status IN ('PENDING', 'PAID', 'ACTIVE',
    'PAST_DUE', 'ENDED', 'REFUNDED', 'PARTIALLY_REFUNDED', 'DISPUTED', 'CANCELED', 'FAILED')),
    ADD CONSTRAINT purchase_price CHECK (price >= 0);
CREATE UNIQUE INDEX purchase_live_once ON purchase (account, agent)
    WHERE status IN ('PENDING', 'PAID', 'ACTIVE', 'PAST_DUE', 'PARTIALLY_REFUNDED', 'DISPUTED');
CREATE INDEX purchase_of_account ON purchase (account, id DESC);
CREATE INDEX purchase_of_creator ON purchase (creator, id DESC) WHERE paid_at IS NOT NULL;
CREATE INDEX purchase_pending ON purchase (agent) WHERE status = 'PENDING';
CREATE INDEX payment_of_creator ON purchase_payment (creator, paid_at);
CREATE INDEX access_grant_of_account ON access_grant (account, id DESC);
CREATE INDEX access_grant_usable ON access_grant (account, agent) WHERE revoked_at IS NULL;

-- ---------------------------------------------------------------- agents
CREATE UNIQUE INDEX agent_version_number ON agent_version (agent, number);
ALTER TABLE agent ADD CONSTRAINT agent_status CHECK (status IN ('DRAFT', 'PENDING_REVIEW',
    'PUBLISHED', 'REJECTED', 'SUSPENDED', 'ARCHIVED')),
    ADD CONSTRAINT agent_price CHECK (price >= 0 AND (price_type = 'FREE') = (price = 0));

-- Accents and case never matter in search; both languages are indexed for every agent.
CREATE TEXT SEARCH CONFIGURATION chenu_fr (COPY = french);
ALTER TEXT SEARCH CONFIGURATION chenu_fr
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
CREATE TEXT SEARCH CONFIGURATION chenu_en (COPY = english);
ALTER TEXT SEARCH CONFIGURATION chenu_en
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;

CREATE FUNCTION fold(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT lower(public.unaccent('public.unaccent'::regdictionary, $1))
$$;

CREATE FUNCTION agent_names(name text, translations jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT public.fold(concat_ws(' ', name, translations #>> '{fr,name}',
        translations #>> '{en,name}'))
$$;

CREATE FUNCTION agent_search(config regconfig, name text, tagline text, description text,
    translations jsonb, capabilities text[]) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT setweight(to_tsvector(config, concat_ws(' ', name, translations #>> '{fr,name}',
            translations #>> '{en,name}')), 'A')
        || setweight(to_tsvector(config, concat_ws(' ', tagline, translations #>> '{fr,tagline}',
            translations #>> '{en,tagline}', array_to_string(capabilities, ' '))), 'B')
        || setweight(to_tsvector(config, concat_ws(' ', description,
            translations #>> '{fr,description}', translations #>> '{en,description}')), 'D')
$$;

ALTER TABLE agent ADD COLUMN search_fr tsvector GENERATED ALWAYS AS
    (agent_search('public.chenu_fr', name, tagline, description, translations, capabilities)) STORED,
    ADD COLUMN search_en tsvector GENERATED ALWAYS AS
    (agent_search('public.chenu_en', name, tagline, description, translations, capabilities)) STORED,
    ADD COLUMN names text GENERATED ALWAYS AS (agent_names(name, translations)) STORED;

CREATE INDEX agent_search_fr ON agent USING gin (search_fr) WHERE status = 'PUBLISHED';
CREATE INDEX agent_search_en ON agent USING gin (search_en) WHERE status = 'PUBLISHED';
-- Words ordered by installs: chenu/agents/most_installed.py reads band after band.
CREATE INDEX agent_words_10000 ON agent USING gin (search_fr, search_en)
    WHERE status = 'PUBLISHED' AND installs >= 10000;
CREATE INDEX agent_words_1000 ON agent USING gin (search_fr, search_en)
    WHERE status = 'PUBLISHED' AND installs >= 1000 AND installs < 10000;
CREATE INDEX agent_words_100 ON agent USING gin (search_fr, search_en)
    WHERE status = 'PUBLISHED' AND installs >= 100 AND installs < 1000;
CREATE INDEX agent_words_10 ON agent USING gin (search_fr, search_en)
    WHERE status = 'PUBLISHED' AND installs >= 10 AND installs < 100;
CREATE INDEX agent_names_trgm ON agent USING gin (names gin_trgm_ops) WHERE status = 'PUBLISHED';
CREATE INDEX agent_capabilities ON agent USING gin (capabilities) WHERE status = 'PUBLISHED';
CREATE INDEX agent_popular ON agent (installs DESC, id DESC) WHERE status = 'PUBLISHED';
CREATE INDEX agent_newest ON agent (published_at DESC, id DESC) WHERE status = 'PUBLISHED';
CREATE INDEX agent_cheapest ON agent (price, id) WHERE status = 'PUBLISHED';
CREATE INDEX agent_of_sphere ON agent (sphere, installs DESC, id DESC) WHERE status = 'PUBLISHED';
CREATE INDEX agent_of_creator ON agent (creator, id DESC);
CREATE INDEX agent_review_queue ON agent (submitted_at, id) WHERE status = 'PENDING_REVIEW';
CREATE INDEX agent_change_queue ON agent_change (submitted_at, id)
    WHERE status = 'PENDING_REVIEW';
