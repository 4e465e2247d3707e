"""Stripe's webhook endpoint, health, metrics, and error code to status."""
