"""The marketplace: listings, versions, review, pricing, purchases, access."""
