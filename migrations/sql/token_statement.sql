-- A statement of one month reads that month's entries, however many came later.

CREATE INDEX token_entry_month ON token_entry (account_id, created_at, id);
