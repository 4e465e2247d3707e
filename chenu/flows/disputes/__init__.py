"""Disputes of payments for agents, packs and plans; docs/money.md, "Disputes"."""
