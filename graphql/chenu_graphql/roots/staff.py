"""Root fields of the back office."""

import strawberry

from chenu_graphql.fields import field
from chenu_graphql.permissions import STAFF
from chenu_graphql.staff import Staff, resolve_staff


@strawberry.type
class StaffQueries:
    staff: Staff | None = field(
        "The back office; null for everyone who is not staff (with FORBIDDEN).",
        STAFF,
        resolve_staff,
    )
