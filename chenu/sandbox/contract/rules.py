"""What Stripe documents about several parameters together and the types cannot say."""

from collections.abc import Callable, Iterator

from chenu.sandbox.contract.routes import Call
from chenu.sandbox.engine.errors import Refused
from chenu.sandbox.engine.json_types import Json

Rule = Callable[[Json, str], Iterator[Refused]]

_RULES: dict[tuple[str, str], Rule] = {}


def check_rules(call: Call, parameters: Json, account: str) -> None:
    """Raises the first refusal. `account`: the connected account that is acted for, or empty."""
    for refusal in _metadata(parameters, ""):
        raise refusal
    rule = _RULES.get((call.method, call.template))
    if rule is not None:
        for refusal in rule(parameters, account):
            raise refusal


def _for(method: str, template: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        _RULES[method, template] = rule
        return rule

    return register


def _metadata(value: Json, where: str) -> Iterator[Refused]:
    """At most 50 keys of up to 40 characters, values of up to 500, at any depth."""
    for key, item in value.items():
        at = f"{where}[{key}]" if where else key
        if not isinstance(item, dict):
            continue
        if key != "metadata":
            yield from _metadata(item, at)
            continue
        if len(item) > 50:
            yield Refused(f"{at} has {len(item)} keys, at most 50 are possible", param=at)
        for name, text in item.items():
            if len(name) > 40 or len(str(text)) > 500 or "[" in name:
                yield Refused(
                    "Metadata keys have up to 40 characters and no brackets, values up to 500",
                    param=f"{at}[{name}]",
                )


def _exactly_one(parameters: Json, *names: str, where: str = "") -> Iterator[Refused]:
    given = [name for name in names if parameters.get(name) not in (None, "")]
    at = f"{where}[{names[0]}]" if where else names[0]
    if not given:
        yield Refused(
            f"You must specify one of {', '.join(names)}.", code="parameter_missing", param=at
        )
    elif len(given) > 1:
        yield Refused(f"You may only specify one of {', '.join(names)}.", param=at)


@_for("POST", "/v1/prices")
def _price(parameters: Json, account: str) -> Iterator[Refused]:
    yield from _exactly_one(parameters, "product", "product_data")
    if parameters.get("billing_scheme") != "tiered":
        yield from _exactly_one(
            parameters, "unit_amount", "unit_amount_decimal", "custom_unit_amount"
        )


@_for("POST", "/v1/refunds")
def _refund(parameters: Json, account: str) -> Iterator[Refused]:
    if not parameters.get("origin"):
        yield from _exactly_one(parameters, "payment_intent", "charge")


@_for("POST", "/v1/transfers")
def _transfer(parameters: Json, account: str) -> Iterator[Refused]:
    if "amount" not in parameters and "source_transaction" not in parameters:
        yield Refused("Missing required param: amount.", code="parameter_missing", param="amount")


@_for("POST", "/v1/payment_intents")
def _payment_intent(parameters: Json, account: str) -> Iterator[Refused]:
    yield from _fees(parameters, account, "")
    fee = parameters.get("application_fee_amount") or 0
    if fee > parameters["amount"]:
        yield Refused(
            "The application fee cannot be larger than the amount", param="application_fee_amount"
        )
    if parameters.get("off_session") and not parameters.get("confirm"):
        yield Refused("off_session may only be given with confirm=true", param="off_session")
    if parameters.get("return_url") and not parameters.get("confirm"):
        yield Refused("return_url may only be given with confirm=true", param="return_url")


def _fees(parameters: Json, account: str, where: str) -> Iterator[Refused]:
    fee = parameters.get("application_fee_amount")
    transfer = parameters.get("transfer_data") or {}
    at = f"{where}[application_fee_amount]" if where else "application_fee_amount"
    if fee and transfer.get("amount"):
        yield Refused("Give application_fee_amount or transfer_data[amount], not both", param=at)
    if fee and not (transfer.get("destination") or parameters.get("on_behalf_of") or account):
        yield Refused("application_fee_amount needs transfer_data[destination]", param=at)


@_for("POST", "/v1/checkout/sessions")
def _checkout(parameters: Json, account: str) -> Iterator[Refused]:
    mode = parameters.get("mode")
    if mode is None:
        yield Refused("Missing required param: mode.", code="parameter_missing", param="mode")
    yield from _checkout_redirect_urls(parameters)
    yield from _checkout_by_mode(parameters, str(mode))
    for name, other in (("customer", "customer_email"), ("allow_promotion_codes", "discounts")):
        if parameters.get(name) and parameters.get(other):
            yield Refused(f"You may only specify one of these: {name}, {other}.", param=other)
    for place, line in enumerate(parameters.get("line_items") or []):
        yield from _checkout_line(line, f"line_items[{place}]", str(mode))
    yield from _fees(parameters.get("payment_intent_data") or {}, account, "payment_intent_data")
    yield from _subscription_data(parameters.get("subscription_data") or {}, account)


def _checkout_redirect_urls(parameters: Json) -> Iterator[Refused]:
    presentation = parameters.get("ui_mode", "hosted_page")
    if presentation == "hosted_page":
        if not parameters.get("success_url"):
            yield Refused(
                "Missing required param: success_url.",
                code="parameter_missing",
                param="success_url",
            )
        return
    for name in ("success_url", "cancel_url"):
        if parameters.get(name):
            yield Refused(f"{name} is only for ui_mode hosted_page", param=name)


_ONLY_FOR = {
    "payment": ("payment_intent_data", "invoice_creation", "customer_creation"),
    "subscription": ("subscription_data", "payment_method_collection"),
    "setup": ("setup_intent_data",),
}


def _checkout_by_mode(parameters: Json, mode: str) -> Iterator[Refused]:
    for wanted, names in _ONLY_FOR.items():
        for name in names:
            shared = name == "customer_creation" and mode == "setup"
            if parameters.get(name) and mode != wanted and not shared:
                yield Refused(f"You can only use {name} in {wanted} mode.", param=name)
    if mode != "setup" and not parameters.get("line_items"):
        yield Refused(
            "Missing required param: line_items.", code="parameter_missing", param="line_items"
        )
    if mode == "subscription" and parameters.get("line_items"):
        lines = parameters["line_items"]
        if not any("price" in one or one.get("price_data", {}).get("recurring") for one in lines):
            yield Refused("Subscription mode needs a recurring price", param="line_items")


def _checkout_line(line: Json, where: str, mode: str) -> Iterator[Refused]:
    yield from _exactly_one(line, "price", "price_data", where=where)
    data = line.get("price_data")
    if data:
        at = f"{where}[price_data]"
        yield from _exactly_one(data, "unit_amount", "unit_amount_decimal", where=at)
        yield from _exactly_one(data, "product", "product_data", where=at)
        if data.get("recurring") and mode == "payment":
            yield Refused("A recurring price needs subscription mode", param=f"{at}[recurring]")
    if "quantity" not in line and not line.get("adjustable_quantity"):
        yield Refused(
            "Quantity is required. Add `quantity` to each line item.",
            code="parameter_missing",
            param=f"{where}[quantity]",
        )


def _subscription_data(data: Json, account: str) -> Iterator[Refused]:
    share = data.get("application_fee_percent")
    transfer = data.get("transfer_data") or {}
    if share and transfer.get("amount_percent"):
        yield Refused(
            "Give application_fee_percent or transfer_data[amount_percent], not both",
            param="subscription_data[application_fee_percent]",
        )
    if share and not (transfer.get("destination") or account):
        yield Refused(
            "application_fee_percent needs transfer_data[destination]",
            param="subscription_data[application_fee_percent]",
        )
    if data.get("trial_period_days") and data.get("trial_end"):
        yield Refused(
            "Give trial_period_days or trial_end, not both",
            param="subscription_data[trial_end]",
        )
