-- The range of an agent's price and of its rating, so that one index finds them together with words
-- and options: chenu/agents/search_query.py, which has to say the same ranges. A range of prices is
-- all of as many digits that begin with the same one, one of ratings half a star.
-- docs/decisions/0107
CREATE FUNCTION agent_ranges(price bigint, rating_sum bigint, review_count bigint) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ARRAY[
    'price:' || rpad(left(price::text, 1), length(price::text), '0'),
    'rating:' || CASE WHEN review_count > 0 THEN rating_sum * 2 / review_count ELSE 0 END
];
