"""What works on any object: store, clocks, units of work, idempotency, faults, webhook delivery."""
