-- billing: how far accounts ever came. Whoever pays for a tier has come as far as those below it.
ALTER TABLE tier_reached
    ADD CONSTRAINT tier_reached_tier
        CHECK (tier IN ('STARTER', 'PRO', 'BUSINESS', 'ENTERPRISE')),
    ADD CONSTRAINT tier_reached_once UNIQUE (account, tier);
CREATE INDEX tier_reached_time ON tier_reached (tier, reached_at, id);

CREATE FUNCTION tiers_up_to(item text) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
    SELECT tier FROM unnest(ARRAY['STARTER', 'PRO', 'BUSINESS', 'ENTERPRISE'])
        WITH ORDINALITY AS t (tier, place)
    WHERE place <= array_position(ARRAY['STARTER', 'PRO', 'BUSINESS', 'ENTERPRISE'], item)
$$;
CREATE FUNCTION reach_tiers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tier_reached (id, account, tier, reached_at)
    SELECT gen_random_uuid(), NEW.account, tier, NEW.changed_at FROM tiers_up_to(NEW.item) AS tier
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER recurring_state_reaches_tiers AFTER INSERT ON recurring_state FOR EACH ROW
    WHEN (NEW.mrr > 0 AND NEW.mrr <> NEW.mrr_before AND NEW.kind IN ('TIER', 'CONTRACT'))
    EXECUTE FUNCTION reach_tiers();
INSERT INTO tier_reached (id, account, tier, reached_at)
SELECT gen_random_uuid(), account, tier, min(changed_at)
FROM recurring_state CROSS JOIN LATERAL tiers_up_to(item) AS tier
WHERE mrr > 0 AND kind IN ('TIER', 'CONTRACT') GROUP BY account, tier;

CREATE VIEW tier_reached_fact AS
SELECT id, account AS account_id, tier, reached_at FROM tier_reached;
