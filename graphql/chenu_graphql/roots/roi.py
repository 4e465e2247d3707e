"""Root fields of return on investment: own numbers."""

import strawberry

from chenu_graphql import roi
from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import PLANS
from chenu_graphql.roi import RoiSettingsPayload


@strawberry.type
class RoiMutations:
    roi_settings_update: RoiSettingsPayload = field(
        "What an hour is worth to the account, and what a run saves; past runs count by it too.",
        PLANS,
        roi.resolve_settings_update,
        weight=CHANGE,
    )
