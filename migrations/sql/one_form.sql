-- Names and texts in the one Unicode form in which they are compared and searched: chenu/core/text.py.
UPDATE app_user SET display_name = normalize(display_name) WHERE display_name IS NOT NORMALIZED;
UPDATE account SET name = normalize(name) WHERE name IS NOT NORMALIZED;
UPDATE api_key SET name = normalize(name) WHERE name IS NOT NORMALIZED;
UPDATE service_key SET name = normalize(name) WHERE name IS NOT NORMALIZED;
UPDATE creator SET display_name = normalize(display_name), bio = normalize(bio)
    WHERE display_name IS NOT NORMALIZED OR bio IS NOT NORMALIZED;
UPDATE agent SET name = normalize(name), tagline = normalize(tagline),
        description = normalize(description),
        capabilities = ARRAY(SELECT normalize(word) FROM unnest(capabilities) WITH ORDINALITY AS given (word, place) ORDER BY place)
    WHERE name IS NOT NORMALIZED OR tagline IS NOT NORMALIZED OR description IS NOT NORMALIZED
        OR array_to_string(capabilities, ' ') IS NOT NORMALIZED;
UPDATE agent_version SET changelog = normalize(changelog) WHERE changelog IS NOT NORMALIZED;
UPDATE agent_change SET fields = normalize(fields::text)::jsonb WHERE fields::text IS NOT NORMALIZED;
