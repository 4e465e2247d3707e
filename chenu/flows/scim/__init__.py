"""What a directory does to the people of an account, and what it is shown of them."""
