"""API plans bought by card: started, changed, left and taken up again; docs/decisions/0056."""
