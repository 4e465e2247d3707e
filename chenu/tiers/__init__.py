"""The tiers as data, and their entitlements."""
