"""Money that moved at Stripe after the backup from which the database was made."""

from collections.abc import Iterable

from chenu.billing.made_movements import MadeMovement
from chenu.core.money import Cents
from chenu.ledger.operations import OperationKind, find_by_stripe_id


async def find_unbooked(
    made: Iterable[MadeMovement],
    kind: OperationKind,
    amount: Cents,
    source_charge: str | None = None,
) -> str | None:
    """The first of this amount and charge that no operation here has."""
    for each in made:
        is_alike = (each.amount, each.source_charge) == (amount, source_charge)
        if is_alike and await find_by_stripe_id(kind, each.id) is None:
            return each.id
    return None
