"""What every other package builds on: money, errors, clocks, database, ids, mail.

No business rules.
"""
