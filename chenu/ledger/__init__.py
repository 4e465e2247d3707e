"""Double-entry ledger and operations: every movement of money is booked here."""
