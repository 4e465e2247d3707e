"""The server by which AI agents use CHE·NU: tools over the public GraphQL API, with a key.

A client of the API like any other: it imports nothing of the product, knows no database and no
secret but the caller's key. docs/decisions/0064.
"""
