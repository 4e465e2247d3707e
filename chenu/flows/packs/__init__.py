"""Token packs: bought on Stripe's page, credited once, and given back by what is unspent."""
