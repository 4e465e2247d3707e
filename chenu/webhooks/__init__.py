"""Webhooks out: endpoints of accounts, events for them, deliveries and their attempts."""
