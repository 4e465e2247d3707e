"""SAML 2.0 as a service provider: documents in, what a provider vouches for out. Knows nobody."""
