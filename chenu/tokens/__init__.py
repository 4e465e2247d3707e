"""Token packs."""
