"""How the database would be laid out over several nodes: what features declare, checked."""
