"""Plans of the paid API."""
