-- The role that requests run as, and what it may do: no UPDATE or DELETE on the books.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'chenu_app') THEN
        CREATE ROLE chenu_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- roles belong to the cluster: another database of it made this one
END $$;

DO $$
BEGIN
    EXECUTE format('GRANT chenu_app TO %I', current_user);
EXCEPTION WHEN OTHERS THEN
    NULL; -- a superuser needs no grant, and two databases may grant it at once
END $$;

GRANT USAGE ON SCHEMA public TO chenu_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO chenu_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO chenu_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO chenu_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO chenu_app;

REVOKE UPDATE, DELETE ON ledger_transaction, ledger_entry, ledger_seal, audit_event, acceptance
    FROM chenu_app;
REVOKE DELETE ON ledger_account, operation, purchase, purchase_payment, access_grant
    FROM chenu_app;
