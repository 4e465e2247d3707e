"""Root fields of the paid API's plans: starting, changing, leaving, coming back."""

import strawberry

from chenu_graphql import api_plans
from chenu_graphql.api_plans import ApiPlanPayload, ApiPlanStartPayload
from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import PLANS


@strawberry.type
class ApiPlanMutations:
    api_plan_start: ApiPlanStartPayload = field(
        "Opens Stripe's page on which a plan of the paid API begins, beside the tier.",
        PLANS,
        api_plans.resolve_start,
        weight=CHANGE,
        sensitive=True,
    )
    api_plan_change: ApiPlanPayload = field(
        "Another API plan: paid now when it is higher, else from the next period on.",
        PLANS,
        api_plans.resolve_change,
        weight=CHANGE,
        sensitive=True,
    )
    api_plan_cancel: ApiPlanPayload = field(
        "Ends the API plan with its period.",
        PLANS,
        api_plans.resolve_cancel,
        weight=CHANGE,
        sensitive=True,
    )
    api_plan_resume: ApiPlanPayload = field(
        "Takes back what has not come about yet: a cancellation, a downgrade, an unpaid change.",
        PLANS,
        api_plans.resolve_resume,
        weight=CHANGE,
        sensitive=True,
    )
