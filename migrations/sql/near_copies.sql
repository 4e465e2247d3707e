-- What a listing says, compared with what others say. GiST, because a long text has a thousand
-- trigrams that most texts share: GIN reads a list for each, twenty times slower at 10,000 agents.

CREATE FUNCTION agent_prose(name text, tagline text, description text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT public.fold(name || ' ' || tagline || ' ' || description)
$$;

CREATE INDEX agent_prose_trgm ON agent
    USING gist (agent_prose(name, tagline, description) gist_trgm_ops (siglen = 512))
    WHERE status = 'PUBLISHED' AND kind <> 'CUSTOM';
