"""Reads country and VAT number from the payment form, where the session asks for them."""

from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import PLATFORM, Record, Store
from chenu.sandbox.objects.session_tax import asks_country, asks_tax_id
from chenu.sandbox.objects.tax import country_of
from chenu.sandbox.objects.tax_id import country_of_tax_id
from chenu.sandbox.pages.card_form import InvalidCard


def known_country(store: Store, session: Record) -> str | None:
    """Of the session's customer."""
    customer_id = session.body["customer"]
    customer = store.find("customer", customer_id, PLATFORM) if customer_id else None
    return country_of(customer) if customer is not None else None


def read_location(store: Store, session: Record, form: dict[str, str]) -> Json:
    """`country` and `tax_id`, None where nothing was typed or known; raises InvalidCard."""
    country = form.get("country", "").strip().upper() or known_country(store, session)
    tax_id = form.get("tax_id", "").replace(" ", "").upper() or None
    if asks_country(session) and (country is None or len(country) != 2 or not country.isalpha()):
        raise InvalidCard("invalid_country", "country")
    if tax_id is not None and asks_tax_id(session):
        try:
            country_of_tax_id("eu_vat", tax_id)
        except ApiError as error:
            raise InvalidCard("tax_id_invalid", "tax_id") from error
    return {"country": country, "tax_id": tax_id}
