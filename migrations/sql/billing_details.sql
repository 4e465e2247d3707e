-- Whom invoices are made out to: a whole address or none, and what became of the VAT number.

ALTER TABLE billing_details ADD CONSTRAINT billing_details_address
    CHECK (country = '' OR (line1 <> '' AND city <> '' AND country ~ '^[A-Z]{2}$')),
    ADD CONSTRAINT billing_details_tax_id CHECK (tax_id_status IS NULL OR (tax_id <> ''
        AND tax_id_status IN ('PENDING', 'VERIFIED', 'UNVERIFIED', 'UNAVAILABLE', 'REFUSED')));
