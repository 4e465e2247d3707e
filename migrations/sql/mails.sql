-- What people turned off, and when the end of a trial is announced

ALTER TABLE mail_preference ADD CONSTRAINT mail_preference_unique UNIQUE (email_hash, topic),
    ADD CONSTRAINT mail_preference_hash CHECK (octet_length(email_hash) = 32);

CREATE INDEX trial_reminder_due ON trial_reminder (due_at) WHERE done_at IS NULL;
CREATE INDEX trial_reminder_purge ON trial_reminder (due_at);
