"""Worker and schedule: thin callers of flows."""
