"""Events about connected accounts, of both API versions: the account's state is asked."""

from chenu.billing.connect_accounts import find_by_stripe_id
from chenu.billing.inbox import InboxEvent
from chenu.flows.event_types import EventOutcome, EventScope, EventType
from chenu.flows.mirrors.connect_account import refresh_connect_state, refresh_waiting_accounts
from chenu.flows.services import Services


async def follow_account(services: Services, event: InboxEvent) -> EventOutcome:
    """The account stands beside the object where that is something else, as an application is."""
    for account_id in (event.related_account, event.object_id):
        if account_id and await find_by_stripe_id(account_id) is not None:
            await refresh_connect_state(services.connect, account_id)
            return EventOutcome.HANDLED
    return EventOutcome.IGNORED


async def _ask_waiting(services: Services) -> None:
    await refresh_waiting_accounts(services.connect)


_CONNECT = (
    "account.updated",
    "account.application.deauthorized",
    *(f"account.external_account.{what}" for what in ("created", "updated", "deleted")),
)
_THIN = (
    "v2.core.account[configuration.recipient].capability_status_updated",
    "v2.core.account[requirements].updated",
    "v2.core.account.closed",
    "v2.core.account_link.returned",
)
ACCOUNT_EVENTS = (
    *(EventType(name, EventScope.CONNECT, follow_account) for name in _CONNECT),
    *(EventType(name, EventScope.THIN, follow_account, _ask_waiting) for name in _THIN),
)
