"""Calls about the balances of connected accounts and their payouts; each acts as that account."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec

from chenu.billing.payouts import MoneyAtStripe, PayoutState, PayoutStatus
from chenu.billing.stripe_gateway import StripeCaller
from chenu.core.money import Cents, is_our_currency

_SHOWN = 10
_STATUSES = frozenset(status.value for status in PayoutStatus)


class StripePayouts(StripeCaller):
    """Implements ports.PayoutPort."""

    async def get_money(self, account_id: str) -> MoneyAtStripe:
        balance, payouts = await asyncio.gather(
            self.ask(
                lambda: self.client.v1.balance.retrieve_async({}, {"stripe_account": account_id})
            ),
            self.ask(
                lambda: self.client.v1.payouts.list_async(
                    {"limit": _SHOWN}, {"stripe_account": account_id}
                )
            ),
        )
        return read_money(balance.to_dict(), payouts.to_dict()["data"])

    async def get_payout(self, account_id: str, payout_id: str) -> PayoutState:
        payout = await self.ask(
            lambda: self.client.v1.payouts.retrieve_async(
                payout_id, {}, {"stripe_account": account_id}
            )
        )
        return read_payout(payout.to_dict())


class _Amount(msgspec.Struct):
    amount: int
    currency: str


class _Balance(msgspec.Struct):
    available: list[_Amount]
    pending: list[_Amount]


class _Payout(msgspec.Struct):
    id: str
    amount: int
    arrival_date: int
    currency: str
    status: str
    failure_code: str | None = None


def read_money(balance: dict[str, Any], payouts: list[dict[str, Any]]) -> MoneyAtStripe:
    """Other currencies are left out: their amounts are no cents of ours."""
    found = msgspec.convert(balance, _Balance)
    ours = [payout for payout in payouts if is_our_currency(payout["currency"])]
    return MoneyAtStripe(
        _add_up(found.available), _add_up(found.pending), tuple(read_payout(each) for each in ours)
    )


def _add_up(amounts: list[_Amount]) -> Cents:
    return Cents(sum(each.amount for each in amounts if is_our_currency(each.currency)))


def read_payout(payload: dict[str, Any]) -> PayoutState:
    payout = msgspec.convert(payload, _Payout)
    known = payout.status in _STATUSES
    return PayoutState(
        payout.id,
        Cents(payout.amount),
        PayoutStatus(payout.status) if known else PayoutStatus.PENDING,
        datetime.fromtimestamp(payout.arrival_date, UTC),
        payout.failure_code,
    )
