\set creator random(1, 10000)
BEGIN;
INSERT INTO ledger_transaction (business_key, kind, account_id, business_at, posted_at)
    VALUES ('pgbench:' || gen_random_uuid(), 'PAYMENT', lpad(to_hex(:creator::bigint), 32, '0')::uuid, now(), now())
    RETURNING id AS booked \gset
INSERT INTO ledger_entry (transaction_id, ledger_account_id, account_id, amount) VALUES
    (:booked, '00000000-0000-0000-0001-000000000001', lpad(to_hex(:creator::bigint), 32, '0')::uuid, -1000),
    (:booked, lpad(to_hex(:creator::bigint), 32, '0')::uuid, lpad(to_hex(:creator::bigint), 32, '0')::uuid, 700),
    (:booked, '00000000-0000-0000-0001-000000000002', lpad(to_hex(:creator::bigint), 32, '0')::uuid, 300);
UPDATE ledger_account SET balance = balance + 700 WHERE id = lpad(to_hex(:creator::bigint), 32, '0')::uuid;
END;
