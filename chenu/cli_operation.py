"""`chenu operation`: calls to Stripe, listed, retried, given up."""

import getpass
from uuid import UUID

import click

from chenu.accounts.actor import Actor
from chenu.core.errors import ProviderUnavailable
from chenu.core.logs import configure_logs
from chenu.flows.composition import open_services
from chenu.flows.operations.decisions import give_up_operation, retry_operation
from chenu.ledger.operation_list import OperationQuery, list_operations
from chenu.ledger.operations import OperationId, OperationRow, OperationState
from chenu.settings import Settings

_OPERATOR = Actor(ip="command line")

MEANS = {
    "TRANSFER": "the share stays owed to the creator in the books (CREATOR_PAYABLE)",
    "REFUND": "the amount stays owed to the buyer in the books (BUYER_REFUNDS_DUE)",
    "CHECKOUT_PAYMENT": "the request is canceled; a payment that Stripe reports still settles",
    "CHECKOUT_SUBSCRIPTION": "the request is canceled; what Stripe reports of it still settles",
}
"""The consequences of giving up, for kinds that move money."""


def _show(operation: OperationRow) -> None:
    euros, cents = divmod(operation.amount, 100)
    fields = (
        operation.id,
        f"{operation.kind:<16}",
        f"{operation.state:<7}",
        f"{operation.created_at:%Y-%m-%d %H:%M}",
        f"subject {operation.subject_id}",
        f"{euros}.{cents:02} EUR" if operation.amount else "",
        operation.stripe_id or "",
        operation.error_code or "",
    )
    click.echo("  ".join(str(field) for field in fields).rstrip())


async def show_operations(settings: Settings, query: OperationQuery) -> None:
    configure_logs(settings.log_level)
    async with open_services(settings, "chenu-operation"):
        found = await list_operations(query)
    for operation in found:
        _show(operation)
    if len(found) == query.limit:
        click.echo(f"there may be more: --before {found[-1].id}", err=True)


async def retry(settings: Settings, operation_id: UUID, reason: str) -> int:
    """The exit status: 0 if it has settled."""
    configure_logs(settings.log_level)
    async with open_services(settings, "chenu-operation") as services:
        try:
            operation = await retry_operation(
                services,
                _OPERATOR,
                OperationId(operation_id),
                name=getpass.getuser(),
                reason=reason,
            )
        except ProviderUnavailable as away:
            click.echo(f"opened again; {away}. Repair asks again by itself", err=True)
            return 1
    _show(operation)
    return 0 if operation.state == OperationState.SETTLED else 1


async def give_up(settings: Settings, operation_id: UUID, reason: str) -> None:
    configure_logs(settings.log_level)
    async with open_services(settings, "chenu-operation") as services:
        operation = await give_up_operation(
            services, _OPERATOR, OperationId(operation_id), name=getpass.getuser(), reason=reason
        )
    _show(operation)
    if operation.kind in MEANS:
        click.echo(MEANS[operation.kind])
