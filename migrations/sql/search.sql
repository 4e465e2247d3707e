CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

-- Words of the search index. chenu/agents/search_words.py cuts what people type by the same rules,
-- and tests/agents/test_search_words.py compares the two. After a change here every agent has to
-- be written anew: writing a row makes its generated columns anew.

-- Accents and case never matter in search; both languages are indexed for every agent.
CREATE TEXT SEARCH CONFIGURATION chenu_fr (COPY = french);
ALTER TEXT SEARCH CONFIGURATION chenu_fr
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
ALTER TEXT SEARCH CONFIGURATION chenu_fr ALTER MAPPING FOR numword WITH unaccent, simple;
CREATE TEXT SEARCH CONFIGURATION chenu_en (COPY = english);
ALTER TEXT SEARCH CONFIGURATION chenu_en
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
ALTER TEXT SEARCH CONFIGURATION chenu_en ALTER MAPPING FOR numword WITH unaccent, simple;

CREATE FUNCTION fold(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT lower(public.unaccent('public.unaccent'::regdictionary, $1))
$$;

CREATE FUNCTION agent_names(name text, translations jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT public.fold(concat_ws(' ', name, translations #>> '{fr,name}',
        translations #>> '{en,name}'))
$$;

-- Punctuation and signs, as what stands between the brackets of a regular expression.
CREATE FUNCTION search_marks() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '!-/:-@\[-`{-~\u00A1-\u00BF\u00D7\u00F7\u02BC\u055A-\u055F\u0589\u05BE\u05F3\u05F4\u060C'
    '\u061B\u061F\u066A-\u066D\u06D4\u0964\u0965\u2010-\u2027\u2030-\u205E\u20A0-\u20CF'
    '\u2190-\u2BFF\u2E00-\u2E7F\u3001-\u3004\u3008-\u3020\u3030\u303D-\u303F\u30FB\uE000-\uF8FF'
    '\uFFF9-\uFFFD\U0001F000-\U0001FAFF';

-- One spelling for what looks alike, no elisions, and signs that belong to a name in letters:
-- "l’agent .NET, C++" becomes "agent dot-NET, C-plusplus".
CREATE FUNCTION search_spelling(text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    sign CONSTANT text := '[' || public.search_marks() || ']';
    letter CONSTANT text := '[^ ' || public.search_marks() || ']';
    asian CONSTANT text := '[\u3005-\u3007\u3041-\u3096\u30A1-\u30FA\u30FC\u3400-\u4DBF'
        '\u4E00-\u9FFF\uF900-\uFAFF]';
    spelled text := normalize(translate($1, '™℠', '  '), NFKC);
BEGIN
    spelled := regexp_replace(spelled,
        '[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF]', '', 'g');
    spelled := regexp_replace(spelled, '[\u0001-\u001F\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029'
        '\u202F\u205F\u3000]', ' ', 'g');
    spelled := regexp_replace(spelled, '(?<!' || letter || ')(?:[cdjlmnstCDJLMNST]|'
        '(?:[jJ]us|[lL]ors|[pP]uis|[qQ]uoi)?[qQ]u)[''\u2018\u2019\u02BC](?=' || letter || ')', '', 'g');
    spelled := regexp_replace(spelled, '(?<=' || letter || ')[''\u2018\u2019\u02BC][sS](?!' || letter
        || ')', '', 'g');
    spelled := regexp_replace(spelled, '(?<=' || letter || ')\+\+', '-plusplus-', 'g');
    spelled := regexp_replace(spelled, '(?<=' || letter || ')\+(?!' || letter || ')', '-plus-', 'g');
    spelled := regexp_replace(spelled, '(?<=' || letter || ')#', '-sharp-', 'g');
    spelled := regexp_replace(spelled, '(?<!' || letter || '|\.)\.(?=' || letter || ')(?![0-9])',
        'dot-', 'g');
    spelled := regexp_replace(spelled, '(?<!' || letter || ')([vV])(?=[0-9])', '\1-', 'g');
    RETURN regexp_replace(spelled, '(?<=' || asian || ')(?=' || asian || ')', '-', 'g');
END $$;

-- The words, and after them the neighbours that one sign joins and each name as a whole: "GPT-4"
-- gives "GPT 4 GPT4 zzGPTzz4". "zz" is in no word, and keeps apart: 3.5 is not 35, I/T not the stop
-- word it, GPT-4 not all of GPT-4-turbo.
CREATE FUNCTION search_words(text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    sign CONSTANT text := '[' || public.search_marks() || ']';
    word CONSTANT text := '[^ ' || public.search_marks() || ']+';
    spelled CONSTANT text := public.search_spelling($1);
BEGIN
    RETURN concat_ws(' ',
        regexp_replace(spelled, '[ ' || public.search_marks() || ']+', ' ', 'g'),
        (SELECT string_agg(concat_ws(' ',
                before || CASE WHEN right(before, 1) || left(part, 1) ~ '^[0-9]{2}$'
                    OR before || part ~ '^[A-Za-z]{2}$' THEN 'zz' ELSE '' END || part,
                CASE WHEN before || part ~ '^[A-Za-z]{2}$' THEN before || part END,
                CASE WHEN joint = '.' AND part !~ '^[0-9]' THEN 'dot' || part END,
                CASE WHEN place = 2 AND length(whole) <= 60
                    THEN 'zz' || regexp_replace(whole, sign, 'zz', 'g') END,
                CASE WHEN place = 3 AND length(whole) <= 60
                    THEN regexp_replace(whole, sign, '', 'g') END),
            ' ' ORDER BY number, place)
        FROM regexp_matches(spelled, word || '(?:' || sign || word || ')+', 'g')
            WITH ORDINALITY AS compound (matched, number),
        LATERAL (SELECT matched[1] AS whole) AS text_of,
        LATERAL (SELECT lag(parts[2]) OVER (ORDER BY place) AS before, parts[1] AS joint,
                parts[2] AS part, place
            FROM regexp_matches(whole, '(' || sign || '?)(' || word || ')', 'g')
                WITH ORDINALITY AS cut (parts, place)) AS pair
        WHERE before IS NOT NULL));
END $$;

CREATE FUNCTION agent_search(config regconfig, name text, tagline text,
    description text, translations jsonb, capabilities text[]) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT setweight(to_tsvector(config, public.search_words(concat_ws(' ', name,
            translations #>> '{fr,name}', translations #>> '{en,name}'))), 'A')
        || setweight(to_tsvector(config, public.search_words(concat_ws(' ', tagline,
            translations #>> '{fr,tagline}', translations #>> '{en,tagline}',
            array_to_string(capabilities, ' ')))), 'B')
        || setweight(to_tsvector(config, public.search_words(concat_ws(' ', description,
            translations #>> '{fr,description}', translations #>> '{en,description}'))), 'D')
$$;
