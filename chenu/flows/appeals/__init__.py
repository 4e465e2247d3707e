"""Appeals against decisions of staff, and what happens when one is granted."""
