"""Transfers and their reversals as Stripe lists them, whoever made them."""

import msgspec

from chenu.core.money import Cents


class MadeMovement(msgspec.Struct, frozen=True):
    """A transfer or the reversal of one, as Stripe has it; `source_charge` paid for it."""

    id: str
    amount: Cents
    source_charge: str | None = None
