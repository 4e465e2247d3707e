"""Brands: what people change of theirs, with the pictures and agents that other features have."""
