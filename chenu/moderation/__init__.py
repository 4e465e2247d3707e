"""Decisions about what people publish: why they were taken, and appeals against them."""
