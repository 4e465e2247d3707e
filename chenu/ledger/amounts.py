"""Amounts of an asset; amounts of euros and of tokens cannot be mixed."""

from enum import StrEnum
from typing import NewType

import msgspec

from chenu.core.money import Cents

Tokens = NewType("Tokens", int)


class Asset(StrEnum):
    EUR = "EUR"
    TOKEN = "TOKEN"  # noqa: S105 - what agents run on


class Amount(msgspec.Struct, frozen=True):
    """A signed number of the asset's smallest units, made by `euros` or `tokens`."""

    asset: Asset
    units: int

    def __neg__(self) -> "Amount":
        return Amount(self.asset, -self.units)


def euros(cents: Cents) -> Amount:
    return Amount(Asset.EUR, cents)


def tokens(count: Tokens) -> Amount:
    return Amount(Asset.TOKEN, count)
