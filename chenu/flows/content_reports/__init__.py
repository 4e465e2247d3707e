"""Reports of agents and reviews by anybody, and what staff decide about them."""
