-- One token of a connection works at a time.
CREATE UNIQUE INDEX scim_token_live ON scim_token (connection) WHERE revoked_at IS NULL;
CREATE INDEX scim_token_revoked ON scim_token (revoked_at);

-- A directory's people and groups are listed in the order of their ids, and found by what a filter may name.
CREATE INDEX scim_entry_list ON scim_entry (connection, id);
CREATE UNIQUE INDEX scim_entry_name ON scim_entry (connection, lower(user_name));
CREATE UNIQUE INDEX scim_entry_mailbox ON scim_entry (connection, email);
CREATE INDEX scim_entry_external ON scim_entry (connection, external_id);
CREATE INDEX scim_group_list ON scim_group (connection, id);
CREATE UNIQUE INDEX scim_group_name ON scim_group (connection, lower(name));
CREATE UNIQUE INDEX scim_group_member_once ON scim_group_member (group_id, entry);
