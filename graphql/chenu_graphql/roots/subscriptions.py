"""Root fields of plans: starting, leaving, coming back."""

import strawberry

from chenu_graphql import subscribing
from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import PLANS
from chenu_graphql.subscribing import SubscriptionChangePayload, SubscriptionStartPayload


@strawberry.type
class SubscriptionMutations:
    subscription_start: SubscriptionStartPayload = field(
        "Opens Stripe's page on which a plan begins.",
        PLANS,
        subscribing.resolve_start,
        weight=CHANGE,
        sensitive=True,
    )
    subscription_cancel: SubscriptionChangePayload = field(
        "Ends the plan with its period, or at once.",
        PLANS,
        subscribing.resolve_cancel,
        weight=CHANGE,
        sensitive=True,
    )
    subscription_resume: SubscriptionChangePayload = field(
        "Takes a cancellation back that has not come about yet.",
        PLANS,
        subscribing.resolve_resume,
        weight=CHANGE,
        sensitive=True,
    )
