"""Stripe's fingerprints of cards and bank accounts, as we store them.

A fingerprint is a random name that Stripe gives to one number within our account: nobody can list
them, so that a hash needs no key, and outlives a change of our secrets.
"""

import hashlib


def hash_fingerprint(fingerprint: str) -> bytes:
    return hashlib.sha256(fingerprint.encode()).digest()
