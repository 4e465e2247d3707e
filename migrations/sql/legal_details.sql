-- Who a creator is before the law: a whole address, and one number at least.

ALTER TABLE creator_legal_details ADD CONSTRAINT creator_legal_details_whole
    CHECK (legal_name <> '' AND line1 <> '' AND city <> '' AND country ~ '^[A-Z]{2}$'),
    ADD CONSTRAINT creator_legal_details_number CHECK (vat_number <> '' OR tax_number <> '');
