"""Configurations and sessions of the customer portal."""

from typing import Any

import pytest
import stripe

from tests.sandbox.playground import Playground
from tests.sandbox.portals import new_configuration, open_portal


async def test_a_configuration_changes_only_what_is_named(play: Playground) -> None:
    configurations = play.stripe.v1.billing_portal.configurations
    configuration = await new_configuration(play)

    changed = await configurations.update_async(
        configuration.id,
        {
            "business_profile": {"headline": "CHE·NU"},
            "features": {"subscription_cancel": {"mode": "immediately"}},
            "metadata": {"a": "b"},
        },
    )

    cancel = changed.features.subscription_cancel
    assert (cancel.mode, cancel.enabled) == ("immediately", True)
    assert cancel.cancellation_reason.options == ["too_expensive", "other"]
    assert changed.business_profile.headline == "CHE·NU"
    assert [one.id for one in (await configurations.list_async()).data] == [configuration.id]
    assert (await configurations.retrieve_async(configuration.id)).active
    assert await play.event_types() == [
        "billing_portal.configuration.created",
        "billing_portal.configuration.updated",
    ]


async def test_a_configuration_takes_every_feature_of_plans(play: Playground) -> None:
    plan = await play.plan()

    configuration = await new_configuration(
        play,
        subscription_update={
            "enabled": True,
            "default_allowed_updates": ["price", "promotion_code"],
            "products": [{"product": plan.product, "prices": [plan.id]}],
            "proration_behavior": "always_invoice",
            "schedule_at_period_end": {
                "conditions": [{"type": "decreasing_item_amount"}, {"type": "shortening_interval"}]
            },
            "trial_update_behavior": "continue_trial",
        },
    )

    update = configuration.features.subscription_update
    assert update.default_allowed_updates == ["price", "promotion_code"]
    assert [one.type for one in update.schedule_at_period_end.conditions] == [
        "decreasing_item_amount",
        "shortening_interval",
    ]


async def test_plans_of_a_configuration_exist(loose: Playground) -> None:
    plan, other = await loose.plan(), await loose.plan()
    products = [{"product": plan.product, "prices": [other.id]}]

    with pytest.raises(stripe.InvalidRequestError, match="another product"):
        await new_configuration(
            loose,
            subscription_update={
                "enabled": True,
                "default_allowed_updates": ["price"],
                "products": products,
            },
        )


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({"flow_data": {"type": "subscription_cancel"}}, "flow_data[subscription_cancel]"),
        ({"flow_data": {"type": "subscription_update"}}, "flow_data[type]"),
        (
            {
                "flow_data": {
                    "type": "subscription_cancel",
                    "subscription_cancel": {"subscription": "sub_x"},
                }
            },
            "flow_data[subscription_cancel][subscription]",
        ),
        ({"return_url": "nowhere"}, "return_url"),
        ({"configuration": "bpc_x"}, "configuration"),
    ],
)
async def test_sessions_that_do_not_fit_are_refused(
    loose: Playground, values: dict[str, Any], param: str
) -> None:
    customer = await loose.customer()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await open_portal(loose, customer, **values)

    assert refusal.value.param == param


async def test_a_session_needs_a_configuration(loose: Playground) -> None:
    customer = await loose.customer()

    with pytest.raises(stripe.InvalidRequestError, match="No configuration provided"):
        await loose.stripe.v1.billing_portal.sessions.create_async({"customer": customer.id})
