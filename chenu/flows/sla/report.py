"""What was reached in each month of a contract, and what follows from it."""

from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.roles import Right
from chenu.availability.figures import Figure, Measured
from chenu.availability.pending import LATEST
from chenu.availability.status import read_measured
from chenu.billing.contract_credits import (
    ContractDays,
    CreditRow,
    Decisions,
    RefusalRow,
    credit_of,
    days_in_month,
    fee_of,
    read_decisions,
)
from chenu.billing.contracts import ContractRow, list_contracts
from chenu.core.clock import CLOCK, system_now
from chenu.core.money import Cents
from chenu.core.months import Month, month_of
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import require_feature

MONTHS = 13
"""The running one and a year before it."""


class ContractMonth(msgspec.Struct, frozen=True):
    """One month (UTC) of one contract; `contract` None: the month as a whole, without a contract.

    `figure` is of the days on which the contract ran, as far as they are measured. `percent` of
    `fee` (what the contract costs for these days, in cents without VAT) is the credit: one to come
    until the month `is_final`, then what staff may confirm, or `refused` until they take that back,
    and `confirmed` once they did.
    """

    month: Month
    days: ContractDays
    contract: ContractRow | None
    figure: Figure
    is_final: bool
    fee: Cents
    percent: int
    amount: Cents
    confirmed: CreditRow | None
    refused: RefusalRow | None

    @property
    def may_be_confirmed(self) -> bool:
        """Though it was refused."""
        return self.is_final and self.percent > 0 and self.confirmed is None


async def get_sla_report(actor: Actor) -> list[ContractMonth]:
    """The account's months, the newest first; none before anything was measured.

    Raises Unauthenticated, Forbidden, PlanRequired.
    """
    account_id = actor.require_right(Right.READ)
    require_feature(actor.entitlements, Feature.SLA)
    return await list_contract_months(account_id)


async def list_contract_months(account_id: AccountId) -> list[ContractMonth]:
    """The last 13 months, the newest first: each with the contracts that ran in it."""
    now = system_now()
    months = [month_of(now)]
    while len(months) < MONTHS:
        months.append(months[-1].previous())
    measured = await read_measured(months[-1].first_day, months[0].end.date())
    if measured.since is None:
        return []
    contracts = await list_contracts(account_id)
    decisions = await read_decisions([contract.id for contract in contracts])
    return [
        make_month(measured, days, contract, decisions, now)
        for month in months
        if month.end > measured.since
        for contract, days in _in_month(contracts, month)
    ]


def _in_month(
    contracts: list[ContractRow], month: Month
) -> list[tuple[ContractRow | None, ContractDays]]:
    """The contracts that ran in it; the whole month where none did."""
    found: list[tuple[ContractRow | None, ContractDays]] = []
    for contract in contracts:
        days = days_in_month(contract, month, CLOCK.offset)
        if days is not None:
            found.append((contract, days))
    return found or [(None, ContractDays(month, month.first_day, month.end.date()))]


def make_month(
    measured: Measured,
    days: ContractDays,
    contract: ContractRow | None,
    decisions: Decisions,
    now: datetime,
) -> ContractMonth:
    figure = measured.figure(days.first, days.end)
    fee = fee_of(contract, days) if contract else Cents(0)
    percent = figure.credit_percent if contract else 0
    which = (contract.id, days.month.first_day) if contract else None
    return ContractMonth(
        month=days.month,
        days=days,
        contract=contract,
        figure=figure,
        is_final=is_final(days.month, now),
        fee=fee,
        percent=percent,
        amount=credit_of(fee, percent),
        confirmed=decisions.credits.get(which) if which else None,
        refused=decisions.refusals.get(which) if which else None,
    )


def is_final(month: Month, now: datetime) -> bool:
    """No sample of it can come any more."""
    return now >= month.end + LATEST
