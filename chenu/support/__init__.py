"""Support: requests of customers, when an answer is due, and the desk that answers."""
