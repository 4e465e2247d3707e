"""Whose a text about accounts, people and keys is."""

from chenu.core.references import Gives, Reference, at_stripe, by_id

REFERENCES: tuple[Reference, ...] = (
    by_id("account", "SELECT id FROM account WHERE id = $1"),
    by_id("person", "SELECT id FROM app_user WHERE id = $1", Gives.PERSON),
    by_id("api_key", "SELECT account AS id FROM api_key WHERE id = $1"),
    at_stripe("customer", "cus_", "SELECT id FROM account WHERE stripe_customer_id = $1"),
    at_stripe("api_key", "chenu_", "SELECT account AS id FROM api_key WHERE prefix = $1"),
)
