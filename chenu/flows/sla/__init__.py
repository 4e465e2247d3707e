"""The SLA of contracts: what was reached in a month, and the credit where it was too little."""
