"""Double-entry journal and operations: every movement of money is posted here."""
