"""From a request to buy to its payment, transfer and return."""
