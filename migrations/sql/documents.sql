-- Our copies of Stripe's PDF documents: written once, deleted by the purge alone. docs/decisions/0030

ALTER TABLE billing_document ADD CONSTRAINT billing_document_size
    CHECK (octet_length(content) BETWEEN 1 AND 5000000);
ALTER TABLE billing_document ALTER COLUMN content SET STORAGE EXTERNAL; -- a PDF is compressed already

REVOKE UPDATE ON billing_document FROM chenu_app;
GRANT UPDATE (stored_at) ON billing_document TO chenu_app; -- the purge locks what it deletes
