"""What every part stands on: money, errors, clocks, database, ids, mail. No business words."""
