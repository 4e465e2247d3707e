"""Export and deletion of a person's data, by the rules of every feature. docs/decisions/0028."""
