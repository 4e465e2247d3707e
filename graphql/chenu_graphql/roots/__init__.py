"""The fields of the three roots, by topic; `schema` merges them."""
