"""The placements of every feature, which a distributed PostgreSQL would be made from."""

from chenu.accounts import distribution as accounts
from chenu.affiliates import distribution as affiliates
from chenu.agents import distribution as agents
from chenu.analytics import distribution as analytics
from chenu.availability import distribution as availability
from chenu.billing import distribution as billing
from chenu.branding import distribution as branding
from chenu.core import distribution as core
from chenu.core.distribution import Function, Placement, Trigger
from chenu.domains import distribution as domains
from chenu.ledger import distribution as ledger
from chenu.metering import distribution as metering
from chenu.moderation import distribution as moderation
from chenu.privacy import distribution as privacy
from chenu.roi import distribution as roi
from chenu.scim import distribution as scim
from chenu.sso import distribution as sso
from chenu.support import distribution as support
from chenu.tokens import distribution as tokens
from chenu.webhooks import distribution as webhooks

PLACEMENTS: tuple[Placement, ...] = (
    *core.PLACEMENTS,
    *ledger.PLACEMENTS,
    *webhooks.PLACEMENTS,
    *accounts.PLACEMENTS,
    *billing.PLACEMENTS,
    *agents.PLACEMENTS,
    *tokens.PLACEMENTS,
    *metering.PLACEMENTS,
    *affiliates.PLACEMENTS,
    *analytics.PLACEMENTS,
    *availability.PLACEMENTS,
    *support.PLACEMENTS,
    *moderation.PLACEMENTS,
    *roi.PLACEMENTS,
    *branding.PLACEMENTS,
    *privacy.PLACEMENTS,
    *domains.PLACEMENTS,
    *sso.PLACEMENTS,
    *scim.PLACEMENTS,
)
PLACEMENT_OF = {placement.table: placement for placement in PLACEMENTS}
FUNCTIONS: tuple[Function, ...] = (
    *ledger.FUNCTIONS,
    *tokens.FUNCTIONS,
    *analytics.FUNCTIONS,
)
TRIGGERS: tuple[Trigger, ...] = billing.TRIGGERS
