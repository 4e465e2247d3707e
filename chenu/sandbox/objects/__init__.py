"""Stripe's objects, one module each: how they are made, change state, and move money."""
