-- Pictures of agents: named by a hash, looked through by id, and by name once they are removed.

CREATE INDEX agent_picture_agent ON agent_picture (agent);
CREATE INDEX agent_picture_removed ON agent_picture (name) WHERE removed_at IS NOT NULL;
ALTER TABLE agent_picture
    ADD CONSTRAINT agent_picture_name CHECK (name ~ '^[0-9a-f]{64}$'),
    ADD CONSTRAINT agent_picture_use CHECK (use IN ('icon', 'screenshot')),
    ADD CONSTRAINT agent_picture_size CHECK (width > 0 AND height > 0);
ALTER TABLE agent ADD CONSTRAINT agent_media_object CHECK (jsonb_typeof(media) = 'object');
