"""The page of tokens, and the meter on every page of who is signed in."""
