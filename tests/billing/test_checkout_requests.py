"""One request for whatever has a price: for an agent, a pack, a tier and an API plan."""

from typing import Any

import pytest
from msgspec.structs import replace

from chenu.billing.gateway import CheckoutLine, CheckoutMode, CheckoutRequest
from chenu.billing.live_gateway import LiveGateway
from chenu.billing.stripe_checkout import session_params
from tests.stripe_side import Asker, StripeSide

PACK = CheckoutRequest(
    mode=CheckoutMode.PAYMENT,
    customer_id="cus_1",
    lines=(CheckoutLine("price_1"),),
    reference="row-1",
    success_url="https://chenu.example/done",
    cancel_url="https://chenu.example/packs",
    locale="fr",
    metadata={"kind": "pack", "pack": "pack_1k"},
)
AGENT = replace(
    PACK, metadata={"kind": "agent"}, transfer_group="order_1", expires_at=1_800_000_000
)
PLAN = replace(PACK, mode=CheckoutMode.SUBSCRIPTION, metadata={"kind": "plan", "tier": "pro"})
TRIAL = replace(PLAN, trial_days=14, coupon_ids=("chenu_launch50",))
API = replace(PLAN, metadata={"kind": "api"}, lines=(CheckoutLine("price_1", 3),))
REQUESTS = {"pack": PACK, "agent": AGENT, "plan": PLAN, "trial": TRIAL, "api plan": API}


def sent(request: CheckoutRequest) -> dict[str, Any]:
    return dict(session_params(request, Asker()))


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_every_page_says_what_is_bought_and_by_which_operation(request_: CheckoutRequest) -> None:
    asker = Asker()

    params: dict[str, Any] = dict(session_params(request_, asker))

    named = {"operation_id": str(asker.id), **request_.metadata}
    data: Any = params.get("payment_intent_data") or params.get("subscription_data")
    assert params["metadata"] == data["metadata"] == named
    assert params["client_reference_id"] == "row-1"
    assert params["adaptive_pricing"] == {"enabled": False}
    assert "allow_promotion_codes" not in params


@pytest.mark.parametrize("request_", [PACK, AGENT], ids=["pack", "agent"])
def test_a_payment_is_by_card_and_has_an_invoice(request_: CheckoutRequest) -> None:
    params = sent(request_)

    assert params["allowed_payment_method_types"] == ["card"]
    assert params["invoice_creation"]["invoice_data"]["metadata"] == params["metadata"]
    assert params["payment_intent_data"].get("transfer_group") == request_.transfer_group
    assert params.get("expires_at") == request_.expires_at
    assert "subscription_data" not in params


@pytest.mark.parametrize("request_", [PLAN, API], ids=["plan", "api plan"])
def test_a_subscription_has_nothing_of_a_payment(request_: CheckoutRequest) -> None:
    params = sent(request_)

    line = request_.lines[0]
    assert params["line_items"] == [{"price": line.price_id, "quantity": line.quantity}]
    assert params["subscription_data"].keys() == {"metadata", "billing_mode"}
    assert not {"payment_intent_data", "invoice_creation", "payment_method_collection"} & set(
        params
    )


def test_a_trial_needs_no_card_and_ends_without_one() -> None:
    params = sent(TRIAL)

    assert params["subscription_data"]["trial_period_days"] == 14
    assert params["subscription_data"]["trial_settings"] == {
        "end_behavior": {"missing_payment_method": "cancel"}
    }
    assert params["payment_method_collection"] == "if_required"
    assert params["discounts"] == [{"coupon": "chenu_launch50"}]


@pytest.mark.parametrize(
    "request_",
    [PLAN, replace(TRIAL, coupon_ids=()), API],
    ids=["plan", "trial", "api plan"],
)
async def test_the_page_of_a_subscription_opens(
    gateway: LiveGateway, stripe_side: StripeSide, request_: CheckoutRequest
) -> None:
    customer = await stripe_side.change("/v1/customers", email="zoe@example.org")
    recurring = {"recurring[interval]": "month", "product_data[name]": "Pro"}
    price = await stripe_side.change("/v1/prices", currency="eur", unit_amount="2900", **recurring)
    lines = tuple(replace(line, price_id=price["id"]) for line in request_.lines)

    opened = await gateway.create_checkout(
        replace(request_, customer_id=customer["id"], lines=lines), Asker()
    )

    assert opened.url
