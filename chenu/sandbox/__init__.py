"""A stateful Stripe for development, tests and demos, spoken to over HTTP only. See README.md."""
