"""Stripe's types as the installed SDK declares them, and checks of requests and answers by them."""
