"""Backups of the whole truth into one file, and back into an empty server."""
