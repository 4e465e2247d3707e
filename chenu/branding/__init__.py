"""An account's brand: names, pictures, colours, links, language, and the agents that it shows."""
