"""Creators and their agents: joining, editing, review."""
