"""Root fields of brands."""

import strawberry

from chenu_graphql.branding import BrandPayload, resolve_remove, resolve_update
from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import OWNERS


@strawberry.type
class BrandMutations:
    brand_update: BrandPayload = field(
        "Sets the brand of the account acted for; its hosts show it within seconds. Pictures and "
        "hosts are set on the page /account/brand.",
        OWNERS,
        resolve_update,
        weight=CHANGE,
    )
    brand_remove: BrandPayload = field(
        "Our name and colours again, everywhere. Also of a brand that sleeps.",
        OWNERS,
        resolve_remove,
        weight=CHANGE,
    )
