"""`chenu operation`: what we asked of Stripe."""

from typing import Any
from uuid import UUID

import click

from chenu.cli_running import load_settings, run
from chenu.ledger.operation_kinds import OperationKind, OperationState


@click.group("operation")
def operation() -> None:
    """What we asked of Stripe: look, try again, give up."""


@operation.command("list")
@click.option("--kind", type=click.Choice([kind.value for kind in OperationKind]))
@click.option("--state", type=click.Choice([state.value for state in OperationState]))
@click.option("--subject", type=click.UUID, help="the id of what it is about, such as a payment")
@click.option("--before", type=click.UUID, help="the next page: older than this one")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
def operation_list(**query: Any) -> None:
    """The newest first."""
    from chenu.cli_operation import show_operations
    from chenu.ledger.operation_list import OperationQuery

    run(show_operations(load_settings(), OperationQuery(subject_id=query.pop("subject"), **query)))


@operation.command("retry")
@click.argument("operation_id", type=click.UUID)
@click.option("--reason", default="", help="for the audit trail")
def operation_retry(operation_id: UUID, reason: str) -> None:
    """Try a FAILED one again, with what is true now; status 1 unless it settles."""
    from chenu.cli_operation import retry

    run(retry(load_settings(), operation_id, reason))


@operation.command("give-up")
@click.argument("operation_id", type=click.UUID)
@click.option("--reason", required=True, help="for the audit trail")
def operation_give_up(operation_id: UUID, reason: str) -> None:
    """Ask Stripe no more for one that is open or FAILED; nothing is booked."""
    from chenu.cli_operation import give_up

    run(give_up(load_settings(), operation_id, reason))
