"""Deletes rows that are older than their table's retention."""

import structlog

from chenu.accounts import retention as accounts
from chenu.affiliates import retention as affiliates
from chenu.agents import retention as agents
from chenu.analytics import retention as analytics
from chenu.availability import retention as availability
from chenu.billing import retention as billing
from chenu.branding import retention as branding
from chenu.core import retention as core
from chenu.core.retention import Forever, Retention, purge
from chenu.domains import retention as domains
from chenu.ledger import retention as ledger
from chenu.metering import retention as metering
from chenu.moderation import retention as moderation
from chenu.privacy import retention as privacy
from chenu.roi import retention as roi
from chenu.scim import retention as scim
from chenu.sso import retention as sso
from chenu.support import retention as support
from chenu.tokens import pack_retention as packs
from chenu.tokens import retention as tokens
from chenu.webhooks import retention as webhooks

log = structlog.get_logger(__name__)

RETENTIONS: tuple[Retention | Forever, ...] = (
    *core.RETENTIONS,
    *ledger.RETENTIONS,
    *accounts.RETENTIONS,
    *billing.RETENTIONS,
    *agents.RETENTIONS,
    *support.RETENTIONS,
    *moderation.RETENTIONS,
    *branding.RETENTIONS,
    *roi.RETENTIONS,
    *privacy.RETENTIONS,
    *tokens.RETENTIONS,
    *packs.RETENTIONS,
    *metering.RETENTIONS,
    *affiliates.RETENTIONS,
    *analytics.RETENTIONS,
    *availability.RETENTIONS,
    *webhooks.RETENTIONS,
    *domains.RETENTIONS,
    *scim.RETENTIONS,
    *sso.RETENTIONS,
)
RETENTION_OF: dict[str, Retention] = {
    retention.table: retention for retention in RETENTIONS if isinstance(retention, Retention)
}


async def purge_all() -> None:
    """Purges every table even if one fails; raises at the end, so that the purge is retried."""
    failures: list[Exception] = []
    for table, retention in RETENTION_OF.items():
        try:
            deleted = await purge(retention)
        except Exception as error:
            failures.append(error)
            continue
        if deleted:
            log.info("purged", table=table, rows=deleted)
    if failures:
        raise failures[0]
