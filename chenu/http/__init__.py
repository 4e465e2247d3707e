"""HTTP below the faces: server, middleware, health, metrics, Stripe's webhooks, errors to
statuses.
"""
