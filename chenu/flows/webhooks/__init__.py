"""Webhooks out: what accounts do with their endpoints, what becomes an event, and sending."""
