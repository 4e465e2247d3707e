"""Subscribing: payment pages, the mirror of Stripe's subscriptions and invoices, and changes."""
