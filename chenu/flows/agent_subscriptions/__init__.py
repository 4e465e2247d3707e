"""Monthly agents: how they begin, are cancelled and resumed, and end with their agent."""
