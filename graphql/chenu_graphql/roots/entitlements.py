"""The use of what accounts are entitled to."""

import strawberry

from chenu_graphql.entitlements import EntitlementPayload, resolve_consume, resolve_release
from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import SERVICE


@strawberry.type
class EntitlementMutations:
    entitlement_consume: EntitlementPayload = field(
        "So much more is in use; refused where the plan has no room for it.",
        SERVICE,
        resolve_consume,
        weight=CHANGE,
    )
    entitlement_release: EntitlementPayload = field(
        "So much less is in use; never below 0.", SERVICE, resolve_release, weight=CHANGE
    )
