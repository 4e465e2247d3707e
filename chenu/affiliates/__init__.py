"""Affiliates: who joined, clicks of their links, customers bound to them, commissions, payouts."""
