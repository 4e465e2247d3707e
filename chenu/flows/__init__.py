"""One file per story that crosses features; each owns its transactions."""
