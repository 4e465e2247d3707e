"""Root fields of plans: starting, changing, leaving, coming back; Stripe's portal."""

import strawberry

from chenu_graphql import subscribing
from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import PLANS
from chenu_graphql.subscribing import (
    BillingPortalPayload,
    SubscriptionChangePayload,
    SubscriptionStartPayload,
    TierChangePreview,
)


@strawberry.type
class SubscriptionQueries:
    tier_change_preview: TierChangePreview | None = field(
        "What another plan would cost the account; it asks Stripe.",
        PLANS,
        subscribing.resolve_preview,
        weight=CHANGE,
    )


@strawberry.type
class SubscriptionMutations:
    subscription_start: SubscriptionStartPayload = field(
        "Opens Stripe's page on which a plan begins.",
        PLANS,
        subscribing.resolve_start,
        weight=CHANGE,
        sensitive=True,
    )
    subscription_change: SubscriptionChangePayload = field(
        "Another plan: now, or at the period's end when tier or interval goes down.",
        PLANS,
        subscribing.resolve_change,
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
        "Takes back what has not come about yet: a cancellation, a downgrade, an unpaid change.",
        PLANS,
        subscribing.resolve_resume,
        weight=CHANGE,
        sensitive=True,
    )
    billing_portal_open: BillingPortalPayload = field(
        "Opens Stripe's portal: card, billing details, invoices.",
        PLANS,
        subscribing.resolve_portal,
        weight=CHANGE,
        sensitive=True,
    )
