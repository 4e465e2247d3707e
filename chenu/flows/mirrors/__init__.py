"""What Stripe has of our rows: made, kept up to date, and forgotten when it is gone there."""
