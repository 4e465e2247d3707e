-- Exports, deletions, and what a deletion needs to find its rows.

ALTER TABLE data_export ADD CONSTRAINT data_export_state
    CHECK (state IN ('REQUESTED', 'READY', 'FAILED'));
CREATE UNIQUE INDEX data_export_open ON data_export (owner) WHERE state = 'REQUESTED';
CREATE INDEX data_export_due ON data_export (next_attempt_at) WHERE state = 'REQUESTED';
CREATE INDEX data_export_expired ON data_export (expires_at);
CREATE UNIQUE INDEX data_export_chunk_once ON data_export_chunk (export, position);
CREATE UNIQUE INDEX person_deletion_once ON person_deletion (person);
CREATE INDEX person_deletion_due ON person_deletion (next_attempt_at) WHERE finished_at IS NULL;
REVOKE DELETE ON person_deletion FROM chenu_app;

CREATE INDEX invitation_email ON invitation (email);
CREATE INDEX api_key_created_by ON api_key (created_by);
CREATE INDEX attempt_window_who ON attempt_window (substr(subject, strpos(subject, ':') + 1));
CREATE INDEX purchase_buyer ON purchase (buyer);
CREATE INDEX operation_account ON operation (account_id);

-- The audit trail stays as it is, except that the IP of a person who was deleted is blanked.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ip <> '' AND NEW.ip = '' AND to_jsonb(NEW) - 'ip' = to_jsonb(OLD) - 'ip' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
DROP TRIGGER audit_event_append_only ON audit_event;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
GRANT UPDATE (ip) ON audit_event TO chenu_app;
