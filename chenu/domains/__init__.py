"""Names of accounts: mail domains and hosts, each proved by DNS or confirmed by staff."""
