"""A stateful Stripe sandbox for development, tests and demos. See README.md."""
