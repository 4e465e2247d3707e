"""Runs of agents: authorised with a hold of tokens, then settled once, released, or expired."""
