-- Return on investment: an account's own numbers, and what it paid for agents. docs/money.md

ALTER TABLE roi_setting ADD CONSTRAINT roi_setting_hourly_rate
    CHECK (hourly_rate BETWEEN 100 AND 1000000),
    ADD CONSTRAINT roi_setting_seconds_per_run CHECK (seconds_per_run BETWEEN 1 AND 86400);

CREATE INDEX payment_of_account ON purchase_payment (account_id, paid_at);
