"""Ratios that decide whether the product is fast: `python -m bench`, see docs/performance.md."""
