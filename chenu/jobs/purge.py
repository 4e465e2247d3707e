"""Deletes what is older than its table's retention."""

import structlog

from chenu.accounts import retention as accounts
from chenu.agents import retention as agents
from chenu.billing import retention as billing
from chenu.core import retention as core
from chenu.core.retention import Forever, Retention, purge
from chenu.ledger import retention as ledger
from chenu.support import retention as support

log = structlog.get_logger(__name__)

RETENTIONS: tuple[Retention | Forever, ...] = (
    *core.RETENTIONS,
    *ledger.RETENTIONS,
    *accounts.RETENTIONS,
    *billing.RETENTIONS,
    *agents.RETENTIONS,
    *support.RETENTIONS,
)
RETENTION_OF: dict[str, Retention] = {
    retention.table: retention for retention in RETENTIONS if isinstance(retention, Retention)
}


async def purge_all() -> None:
    """One table that cannot be purged keeps no other from it; then it raises, and comes again."""
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
