-- Who a creator is before the law: a whole address, and one number at least.

ALTER TABLE creator_legal_details ADD CONSTRAINT creator_legal_details_whole
    CHECK (legal_name <> '' AND line1 <> '' AND city <> '' AND country ~ '^[A-Z]{2}$'),
    ADD CONSTRAINT creator_legal_details_number CHECK (vat_number <> '' OR tax_number <> '');
CREATE INDEX creator_legal_details_due ON creator_legal_details (due_at);

-- Their statements: one a month at most, numbered without gaps in their own series, and frozen.

CREATE UNIQUE INDEX self_billing_statement_month ON self_billing_statement (creator, month);
CREATE UNIQUE INDEX self_billing_statement_place ON self_billing_statement (series, place);
ALTER TABLE self_billing_statement
    ADD CONSTRAINT self_billing_statement_balance CHECK (closing = opening + net - transferred),
    ADD CONSTRAINT self_billing_statement_place_in CHECK (series > 0 AND place > 0),
    ADD CONSTRAINT self_billing_statement_month_first CHECK (extract(day FROM month) = 1),
    ADD CONSTRAINT self_billing_statement_vat CHECK (vat_rate > 0 OR tax = 0);
CREATE UNIQUE INDEX self_billing_line_kind ON self_billing_line (statement, kind);
ALTER TABLE self_billing_line
    ADD CONSTRAINT self_billing_line_parts CHECK (paid = buyers_tax + fee + share);

CREATE TRIGGER self_billing_statement_frozen BEFORE UPDATE OR DELETE ON self_billing_statement
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER self_billing_line_frozen BEFORE UPDATE OR DELETE ON self_billing_line
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON self_billing_statement, self_billing_line FROM chenu_app;
