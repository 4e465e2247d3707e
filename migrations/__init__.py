"""Generated migrations of the one Piccolo app."""
