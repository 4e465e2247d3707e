"""Worker and schedule, which only call flows."""
