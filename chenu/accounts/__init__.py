"""Users, accounts, sessions, keys and roles."""
