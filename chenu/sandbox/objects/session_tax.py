"""Automatic tax of Checkout sessions, and what their page has to ask for it."""

from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.customer import new_customer
from chenu.sandbox.objects.parameters import POSTAL_ADDRESS_FIELDS
from chenu.sandbox.objects.tax import country_of, of_document, rate_of, wants_tax
from chenu.sandbox.objects.tax_amounts import tax_on
from chenu.sandbox.objects.tax_id import new_tax_id, tax_ids_of


def open_tax(
    unit: UnitOfWork, body: Json, lines: list[Json], given: Json, customer: Record | None
) -> None:
    """Write what the parameters say about taxes into a new session; raises ApiError."""
    update = given.get("customer_update") or {}
    collection = given.get("tax_id_collection") or {}
    if collection.get("enabled"):
        if customer is not None and update.get("name") != "auto":
            raise ApiError(
                "Tax ID collection requires updating business name on the customer. To enable tax"
                " ID collection for an existing customer, please set `customer_update[name]` to"
                " `auto`.",
                param="customer_update[name]",
            )
        body["tax_id_collection"] = {
            "enabled": True,
            "required": collection.get("required", "never"),
        }
    is_on = wants_tax(given)
    is_known = customer is not None and country_of(customer) is not None
    if is_on and customer is not None and not is_known and update.get("address") != "auto":
        raise ApiError(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a"
            " valid address to the Customer or set `customer_update[address]` to `auto`.",
            param="automatic_tax[enabled]",
        )
    body["automatic_tax"] = of_document(is_on=is_on, is_known=is_known)
    if is_on and customer is not None and is_known:
        _compute(unit, body, lines, customer)


def _compute(unit: UnitOfWork, body: Json, lines: list[Json], customer: Record) -> None:
    rate = rate_of(unit, customer, [line["price"]["id"] for line in lines])
    if rate is None:
        return
    for line in lines:
        net = line["amount_subtotal"] - line["amount_discount"]
        is_inclusive = line["price"]["id"] not in rate.exclusive_prices
        tax, _ = tax_on(net, rate.percent, is_inclusive=is_inclusive)
        line |= {"amount_tax": tax, "amount_total": net if is_inclusive else net + tax}
    body["amount_total"] = sum(line["amount_total"] for line in lines)
    body["total_details"]["amount_tax"] = sum(line["amount_tax"] for line in lines)
    body["automatic_tax"]["status"] = "complete"


def asks_country(session: Record) -> bool:
    """Whether the page asks for the country that decides about the tax."""
    if not session.body["automatic_tax"]["enabled"]:
        return False
    update = session.internal["customer_update"]
    return session.body["customer"] is None or update.get("address") == "auto"


def asks_tax_id(session: Record) -> bool:
    return bool((session.body.get("tax_id_collection") or {}).get("enabled"))


def take_location(unit: UnitOfWork, session: Record, payer: Json) -> None:
    """The customer takes over what the page asked for; the session's total may follow.

    `payer`: with `country` and `tax_id` as typed, None where not.
    """
    if not asks_country(session) and not asks_tax_id(session):
        return
    customer = _customer(unit, session, payer)
    if payer["country"] and asks_country(session):
        with unit.change(customer, "customer.updated") as body:
            known = body["address"] or dict.fromkeys(POSTAL_ADDRESS_FIELDS)
            body["address"] = {**known, "country": payer["country"]}
    if payer["tax_id"] and asks_tax_id(session):
        values = [one["value"] for one in tax_ids_of(unit, customer.id)]
        if payer["tax_id"] not in values:
            new_tax_id(unit, {"type": "eu_vat", "value": payer["tax_id"]}, customer)
    if session.body["automatic_tax"]["enabled"]:
        _compute(unit, session.body, session.internal["lines"], customer)
        _follow_total(unit, session)
    unit.save(session)


def _customer(unit: UnitOfWork, session: Record, payer: Json) -> Record:
    if session.body["customer"]:
        return unit.get("customer", session.body["customer"])
    known = session.body["customer_details"] or {}
    details = {"email": known.get("email") or payer["email"], "name": payer["name"]}
    customer = new_customer(unit, {name: value for name, value in details.items() if value})
    unit.emit("customer.created", customer.body)
    session.body["customer"] = customer.id
    return customer


def _follow_total(unit: UnitOfWork, session: Record) -> None:
    """An attempt to pay that failed has left a PaymentIntent of the former total."""
    intent_id = session.body["payment_intent"] or session.internal.get("intent")
    intent = unit.find("payment_intent", intent_id) if intent_id else None
    if intent is not None:
        with unit.change(intent) as body:
            body["amount"] = session.body["amount_total"]
