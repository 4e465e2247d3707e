-- Requests may read what is archived. `chenu archive` writes as the owner.
CREATE UNIQUE INDEX archived_month_once ON archived_month (table_name, month);
REVOKE INSERT, UPDATE, DELETE ON archived_month FROM chenu_app;
