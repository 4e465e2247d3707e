"""How a trial ends: by card, by what its owner did, and by the hour at which somebody looks."""

import pytest

from chenu.flows.services import Services
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan, resume_plan
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import CARD, advance, complete, open_plans, plan_of, start, tier_of
from tests.flows.test_plans import require_true_books
from tests.people import Person
from tests.rows import count
from tests.stripe_side import StripeSide

LOOKS = (13.9, 14.01, 14.1, 16.0, 22.0)
"""Days after the beginning: in the trial, while the invoice is a draft, once it is charged, later,
and after dunning.
"""

FAILING_LATER = "4000000000000341"

ENDS = {
    ("no card", "nothing"): "PRO FREE FREE FREE FREE",
    ("no card", "cancel"): "PRO FREE FREE FREE FREE",
    ("no card", "cancel and resume"): "PRO FREE FREE FREE FREE",
    ("no card", "cancel at once"): "FREE FREE FREE FREE FREE",
    ("card", "nothing"): "PRO PRO PRO PRO PRO",
    ("card", "cancel"): "PRO FREE FREE FREE FREE",
    ("card", "cancel and resume"): "PRO PRO PRO PRO PRO",
    ("card", "cancel at once"): "FREE FREE FREE FREE FREE",
    ("failing card", "nothing"): "PRO PRO PRO PRO FREE",
    ("failing card", "cancel"): "PRO FREE FREE FREE FREE",
    ("failing card", "cancel and resume"): "PRO PRO PRO PRO FREE",
    ("failing card", "cancel at once"): "FREE FREE FREE FREE FREE",
}
CARDS = {"no card": "", "card": CARD, "failing card": FAILING_LATER}


async def act(services: Services, person: Person, what: str) -> None:
    if what == "cancel at once":
        await cancel_plan(services, person.actor, CancelInput(at_period_end=False), "leave")
    elif what != "nothing":
        await cancel_plan(services, person.actor, CancelInput(), "leave")
    if what == "cancel and resume":
        await resume_plan(services, person.actor)


@pytest.mark.parametrize(
    ("card", "what", "tiers"),
    [(*case, tiers) for case, tiers in ENDS.items()],
    ids=[", ".join(case) for case in ENDS],
)
async def test_a_trial_ends_as_the_table_says(
    services: Services, stripe_side: StripeSide, card: str, what: str, tiers: str
) -> None:
    await stripe_side.reset()
    person = await open_plans(services)
    order = await start(services, person.actor, TierCode.PRO, trial=True)
    await complete(services, order, CARDS[card])
    await act(services, person, what)

    seen, now = [], 0.0
    for day in LOOKS:
        await advance(services, day - now)
        seen.append(await tier_of(person))
        now = day

    plan = await plan_of(person)
    assert plan is not None
    assert " ".join(seen) == tiers
    assert plan.is_live is (tiers.split()[-1] == "PRO")
    is_charged = card == "card" and tiers.split()[-1] == "PRO"
    assert await count("invoice_payment", "gross = 2900") == int(is_charged)
    assert await count("invoice_payment") == int(is_charged)
    await require_true_books(services)
