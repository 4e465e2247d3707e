"""Transfers and their reversals as Stripe lists them, whoever made them."""

from dataclasses import dataclass

from chenu.core.money import Cents


@dataclass(frozen=True, slots=True)
class MadeMovement:
    """A transfer or the reversal of one, as Stripe has it; `source_charge` paid for it."""

    id: str
    amount: Cents
    source_charge: str | None = None
