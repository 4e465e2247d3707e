"""Putting things of the library away, and bringing them back."""

import strawberry

from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import MARKETPLACE
from chenu_graphql.shelves import AccessGrantPayload, resolve_bring_back, resolve_put_away


@strawberry.type
class LibraryMutations:
    library_put_away: AccessGrantPayload = field(
        "Takes something off the library's first shelf; it stays as usable as it was.",
        MARKETPLACE,
        resolve_put_away,
        weight=CHANGE,
    )
    library_bring_back: AccessGrantPayload = field(
        "Puts something that was put away on the first shelf again.",
        MARKETPLACE,
        resolve_bring_back,
        weight=CHANGE,
    )
