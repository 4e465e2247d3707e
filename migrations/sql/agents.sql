-- Agents: their states, the search columns of search.sql, and the indexes of the hot paths.

CREATE UNIQUE INDEX agent_version_number ON agent_version (agent, number);
ALTER TABLE agent ADD CONSTRAINT agent_status CHECK (status IN ('DRAFT', 'PENDING_REVIEW',
    'PUBLISHED', 'REJECTED', 'SUSPENDED', 'ARCHIVED')),
    ADD CONSTRAINT agent_price CHECK (price >= 0 AND (price_type = 'FREE') = (price = 0));

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
