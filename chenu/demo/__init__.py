"""The demo: what a visitor finds in a fresh installation."""
