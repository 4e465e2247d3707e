"""What Stripe's webhook events mean to us."""
