-- The queue of appeals; an appeal is decided once, by somebody.

CREATE INDEX appeal_waiting ON appeal (id) WHERE state = 'WAITING';
ALTER TABLE appeal ADD CONSTRAINT appeal_state CHECK (
    (state = 'WAITING' AND decided_by IS NULL AND decided_at IS NULL)
    OR (state IN ('UPHELD', 'OVERTURNED') AND decided_by IS NOT NULL AND decided_at IS NOT NULL));
ALTER TABLE moderation_decision
    ADD CONSTRAINT moderation_decision_facts CHECK (facts <> '');
