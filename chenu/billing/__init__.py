"""Stripe behind Protocols, Connect accounts and the webhook inbox."""
