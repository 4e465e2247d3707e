"""Carrying out the operations that change something at Stripe, and their repair."""
