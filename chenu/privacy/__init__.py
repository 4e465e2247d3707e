"""What people may do with their personal data: have it exported, and have it deleted."""
