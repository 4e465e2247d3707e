-- What an agent counts for among the filters of the store, each with the filter's name, so that one
-- index answers for all of them, alone and together with words: chenu/agents/facets.py.
CREATE FUNCTION agent_options(kind text, level text, sphere text, price_type text, language text,
    translations jsonb, capabilities text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    ARRAY['kinds:' || kind, 'levels:' || level, 'price_types:' || price_type,
        'spheres:' || coalesce(sphere, '')]
    || CASE WHEN language = 'fr' OR translations ? 'fr' THEN ARRAY['language:fr'] END
    || CASE WHEN language = 'en' OR translations ? 'en' THEN ARRAY['language:en'] END
    || (SELECT array_agg('capabilities:' || value) FROM unnest(capabilities) AS value);
