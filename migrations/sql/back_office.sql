-- What staff look for, and the lists of the back office. docs/operations.md

CREATE INDEX app_user_email_beginning ON app_user (email text_pattern_ops);
CREATE INDEX api_key_prefix ON api_key (prefix);
CREATE INDEX operation_at_stripe ON operation (stripe_id) WHERE stripe_id IS NOT NULL;
CREATE INDEX invoice_payment_intent ON invoice_payment (stripe_payment_intent_id);

CREATE INDEX ledger_transaction_time ON ledger_transaction (account_id, business_at DESC);
CREATE INDEX audit_event_time ON audit_event (account_id, at DESC);
CREATE INDEX audit_event_about ON audit_event (subject, at DESC) WHERE by_staff;
CREATE INDEX outbox_mail_time ON outbox_mail (to_address, created_at DESC);
CREATE INDEX fraud_warning_of_account ON fraud_warning (account);

CREATE INDEX operation_of_state ON operation (state, id DESC);
CREATE INDEX webhook_event_latest ON webhook_event (received_at DESC, id DESC);
CREATE INDEX webhook_event_of_state ON webhook_event (state, received_at DESC, id DESC);
CREATE INDEX outbox_mail_of_state ON outbox_mail (state, created_at DESC, id DESC);
