"""A refund of a pack that waits for a second person, and a dispute, in every order."""

from dataclasses import dataclass, field

import pytest

from chenu.accounts.actor import Staff
from chenu.billing.refund_requests import RefundRequestId
from chenu.core.errors import ChenuError
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.flows.subscriptions.refund_requests import RefundInput, decide_refund, request_refund
from chenu.tokens.pack_orders import PackOrderRow
from tests.flows.packs import buy, charge_of, grants_of, open_packs, spend
from tests.flows.plans import catch_up
from tests.flows.test_pack_refunds import invoice_of, require_true_books
from tests.people import Person, make_person
from tests.rows import count
from tests.stripe_side import StripeSide

BOUGHT, SPENT = 130_000, 50_000
WORTH = Cents(56_000)
"""Of 700,00 € for 100,000: what 50,000 spent leave of the base, the bonus of 30,000 first."""


@dataclass
class Story:
    """One pack, what is asked about it, and each refusal's code."""

    services: Services
    stripe_side: StripeSide
    order: PackOrderRow
    clerk: Person
    colleague: Person
    requests: list[RefundRequestId] = field(default_factory=list)
    disputes: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    async def act(self, act: str) -> None:
        try:
            await self._act(act)
        except ChenuError as error:
            self.refusals.append(f"{act} {error.code}")
        await catch_up(self.services)

    async def _act(self, act: str) -> None:
        match act:
            case "ask":
                data = RefundInput(await invoice_of(self.order), WORTH, "Fair")
                waiting = await request_refund(self.services, self.clerk.actor, data, "ask")
                self.requests.append(waiting.id)
            case "approve" | "reject":
                await decide_refund(
                    self.services,
                    self.colleague.actor,
                    self.requests[0],
                    approve=act == "approve",
                    reason="Looked",
                )
            case "dispute":
                self.disputes.append(await self.stripe_side.dispute(await charge_of(self.order)))
            case "appeal":
                await self.stripe_side.end_dispute(self.disputes[0], "appeal_needs_response")
            case _:
                await self.stripe_side.end_dispute(self.disputes[0], act)


STORIES: dict[str, tuple[int, list[str]]] = {
    # what is in the wallet at the end, and what is refused
    "ask reject dispute won": (BOUGHT - SPENT, []),
    "ask reject dispute lost": (-SPENT, []),
    "ask dispute reject won": (BOUGHT - SPENT, []),
    "ask dispute reject lost": (-SPENT, []),
    "ask dispute reject lost appeal won": (BOUGHT - SPENT, []),
    "ask dispute lost reject": (-SPENT, []),
    "ask dispute lost reject appeal won": (BOUGHT - SPENT, []),
    "ask dispute won reject": (BOUGHT - SPENT, []),
    "ask dispute approve reject won": (BOUGHT - SPENT, ["approve DISPUTED"]),
    "ask dispute won approve reject": (BOUGHT - SPENT, ["approve DISPUTED"]),
    "ask dispute lost approve reject": (-SPENT, ["approve DISPUTED"]),
    "ask approve dispute won": (0, []),
    "ask approve dispute lost": (-SPENT, []),
    "dispute ask won": (BOUGHT - SPENT, ["ask DISPUTED"]),
    "dispute ask lost": (-SPENT, ["ask DISPUTED"]),
    "dispute won ask": (BOUGHT - SPENT, ["ask DISPUTED"]),
    "dispute lost ask": (-SPENT, ["ask DISPUTED"]),
}


@pytest.mark.parametrize("story", STORIES)
async def test_the_wallet_is_right_in_every_order(
    services: Services, stripe_side: StripeSide, story: str
) -> None:
    await stripe_side.reset()
    zoe = await open_packs(services)
    order = await buy(services, zoe.actor, "pack_100k")
    await spend(zoe, SPENT)
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))
    colleague = await make_person("colleague", staff=(Staff.SUPPORT,))
    played = Story(services, stripe_side, order, clerk, colleague)

    for act in story.split():
        await played.act(act)
        await require_true_books(services)

    tokens, refusals = STORIES[story]
    left = await grants_of(order)
    assert left.base + left.bonus - left.debt == tokens
    assert played.refusals == refusals
    assert await count("invoice_refund_request", "state = 'WAITING'") == 0
