"""The fields of the three roots, by topic; `schema` puts them together."""
