"""Single sign-on: connections of accounts to their identity providers, and who came by them."""
