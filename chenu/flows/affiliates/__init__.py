"""Stories of affiliates that cross features: sign-ups, commissions, payouts."""
