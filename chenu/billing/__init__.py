"""Stripe behind one Protocol, Connect accounts and the webhook inbox."""
