"""The demo: a running product with sample data."""
