"""The tiers as data, and what each one entitles to."""
