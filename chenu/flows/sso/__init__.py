"""Single sign-on: connections set up and tried, sign-ins by providers, who joins, passwords off."""
