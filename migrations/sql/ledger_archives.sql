-- Months of the ledger of which the transactions of tokens are in files: `chenu archive` writes as the
-- owner, requests read. docs/decisions/0099
CREATE TRIGGER ledger_archive_append_only BEFORE UPDATE OR DELETE ON ledger_archive
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_opening_append_only BEFORE UPDATE OR DELETE ON ledger_opening
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE INSERT, UPDATE, DELETE ON ledger_archive, ledger_opening FROM chenu_app;
CREATE UNIQUE INDEX ledger_archive_restored_once ON ledger_archive (restored);
CREATE INDEX ledger_opening_of_account ON ledger_opening (ledger_account_id);
CREATE INDEX ledger_opening_of_customer ON ledger_opening (account_id);
CREATE UNIQUE INDEX ledger_opening_once ON ledger_opening (archive, ledger_account_id, account_id);

-- All that the books add up: entries, and for those that are in files their sums.
CREATE VIEW ledger_amount AS
SELECT ledger_account_id, account_id, amount FROM ledger_entry
UNION ALL
SELECT o.ledger_account_id, o.account_id, o.amount FROM ledger_opening o
JOIN ledger_archive a ON a.id = o.archive
WHERE NOT EXISTS (SELECT 1 FROM ledger_archive r WHERE r.restored = a.id);
