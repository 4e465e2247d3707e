"""Whether the service is available: samples, their sums by day, incidents and maintenance."""
