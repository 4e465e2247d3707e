"""A customer as staff see them: found by whatever is known of them, and what happened."""
