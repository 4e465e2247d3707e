"""A18: reviews are by those who bought, one each, and are shown while it is bought."""

import asyncio

import msgspec
import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole
from chenu.agents.buyer_reviews import list_reviews
from chenu.agents.model import AgentId, PurchaseStatus
from chenu.agents.purchases import get_purchase, move_status
from chenu.agents.queries import find_agent
from chenu.agents.ratings import get_rating
from chenu.core import db
from chenu.core.errors import ChenuError, Forbidden, RateLimited
from chenu.core.money import Cents
from chenu.core.paging import PageRequest
from chenu.flows.agent_reviews import PER_ACCOUNT, create_review, may_review, reply_to_review
from chenu.flows.agent_subscriptions.renewal import cancel_purchase
from chenu.flows.creators.edit_agent import create_agent
from chenu.flows.purchases.refund_plans import RefundSaleInput
from chenu.flows.purchases.refunds import refund_sale
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.flows.monthly import begin
from tests.flows.plans import catch_up
from tests.flows.sales import Market, buy, open_market, open_monthly_market, start_buying
from tests.people import Person, agent_input, make_member, make_person
from tests.rows import count, fingerprint, mails_to, put
from tests.stripe_side import StripeSide


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    return await open_market(services)


async def shown(agent_id: AgentId) -> tuple[int, tuple[int, ...], int, int]:
    """How many are listed, the histogram, and the sum and number that lists of agents read."""
    page = await list_reviews(agent_id, PageRequest(10))
    agent, rating = await find_agent(agent_id), await get_rating(agent_id)
    assert agent is not None
    return len(page.rows), rating.counts, agent.rating_sum, agent.review_count


async def refusal_of(
    person: Person, agent_id: AgentId, rating: int = 5, body: str = "Fine."
) -> str:
    """The code and the field; nothing was changed."""
    before = await fingerprint()
    with pytest.raises(ChenuError) as refused:
        await create_review(person.actor, agent_id, rating, body)
    assert await fingerprint() == before
    return f"{refused.value.code} {'.'.join(refused.value.path)}".strip()


async def test_a_buyer_reviews_once_and_the_histogram_counts_it(
    services: Services, market: Market
) -> None:
    await buy(services, market)
    assert await may_review(market.buyer.actor, market.agent)

    await create_review(market.buyer.actor, market.agent.id, 4, "  Saves an hour.\n")

    [review] = (await list_reviews(market.agent.id, PageRequest(10))).rows
    assert (review.rating, review.body) == (4, "Saves an hour.")
    assert await shown(market.agent.id) == (1, (0, 0, 0, 1, 0), 4, 1)
    assert (await get_rating(market.agent.id)).hundredths == 400


@pytest.mark.parametrize("stars", [1, 4, 5])
async def test_a_second_review_takes_the_place_of_the_first(
    services: Services, market: Market, stars: int
) -> None:
    await buy(services, market)
    first = await create_review(market.buyer.actor, market.agent.id, 4, "Saves an hour.")
    await reply_to_review(market.creator.actor, first.id, "Thank you.")

    second = await create_review(market.buyer.actor, market.agent.id, stars, "Saved a day.")

    counts = tuple(int(each == stars) for each in range(1, 6))
    assert (second.id, second.body, second.reply) == (first.id, "Saved a day.", "Thank you.")
    assert await shown(market.agent.id) == (1, counts, stars, 1)


async def test_whoever_has_not_bought_or_made_it_is_refused(
    services: Services, market: Market
) -> None:
    pending = await start_buying(services, market.buyer, market.agent)
    stranger = await make_person("stranger")
    await put("account", "seats", 5)
    partner = await make_member(market.creator, "partner", AccountRole.BILLING)

    assert pending.is_pending
    assert await refusal_of(market.buyer, market.agent.id) == "INVALID_STATE agent_id"
    assert await refusal_of(stranger, market.agent.id) == "INVALID_STATE agent_id"
    assert await refusal_of(market.creator, market.agent.id) == "FORBIDDEN"
    assert await refusal_of(partner, market.agent.id) == "FORBIDDEN"


async def test_a_private_agent_has_no_review(services: Services) -> None:
    firm = await make_person("firm", tier=TierCode.BUSINESS)
    agent_id = await create_agent(firm.actor, replace(agent_input(price=0), custom=True))

    assert await refusal_of(firm, agent_id) == "INVALID_STATE"
    assert await refusal_of(await make_person("stranger"), agent_id) == "NOT_FOUND agent_id"


@pytest.mark.parametrize(
    ("rating", "body", "path"),
    [(0, "Fine.", "rating"), (6, "Fine.", "rating"), (3, " \n", "body"), (3, "x" * 2001, "body")],
    ids=["no stars", "six stars", "no text", "too long"],
)
async def test_a_wrong_review_names_its_field(
    services: Services, market: Market, rating: int, body: str, path: str
) -> None:
    await buy(services, market)

    assert await refusal_of(market.buyer, market.agent.id, rating, body) == f"INVALID {path}"


async def test_a_part_given_back_leaves_the_review_and_the_rest_hides_it(
    services: Services, market: Market
) -> None:
    sold = await buy(services, market)
    await catch_up(services)
    await create_review(market.buyer.actor, market.agent.id, 2, "Not for us.")
    data = RefundSaleInput(sold.id, None, Cents(100), "A part")
    await refund_sale(services, market.creator.actor, data, "part")
    assert await shown(market.agent.id) == (1, (0, 1, 0, 0, 0), 2, 1)

    await refund_sale(
        services, market.creator.actor, RefundSaleInput(sold.id, None, None, "The rest"), "rest"
    )

    assert await shown(market.agent.id) == (0, (0, 0, 0, 0, 0), 0, 0)
    assert await refusal_of(market.buyer, market.agent.id) == "INVALID_STATE agent_id"


async def test_what_was_returned_before_cannot_be_reviewed(
    services: Services, market: Market
) -> None:
    sold = await buy(services, market)
    await catch_up(services)
    data = RefundSaleInput(sold.id, None, None, "It does not fit")
    await refund_sale(services, market.buyer.actor, data, "back")

    assert await refusal_of(market.buyer, market.agent.id) == "INVALID_STATE agent_id"


async def test_buying_it_again_shows_the_review_again(services: Services, market: Market) -> None:
    sold = await buy(services, market)
    await catch_up(services)
    await create_review(market.buyer.actor, market.agent.id, 3, "Fine.")
    data = RefundSaleInput(sold.id, None, None, "It does not fit")
    await refund_sale(services, market.buyer.actor, data, "back")

    await buy(services, market, "again")

    assert await shown(market.agent.id) == (1, (0, 0, 1, 0, 0), 3, 1)


@pytest.mark.parametrize("status", ["DISPUTED", "PAID"])
async def test_a_dispute_hides_the_review_until_it_is_won(
    services: Services, market: Market, status: str
) -> None:
    sold = await buy(services, market)
    await create_review(market.buyer.actor, market.agent.id, 5, "Fine.")

    async with db.transaction():
        await move_status(sold.id, PurchaseStatus.DISPUTED)
    if status == "PAID":
        async with db.transaction():
            await move_status(sold.id, PurchaseStatus.PAID)

    times = int(status == "PAID")
    assert await shown(market.agent.id) == (times, (0, 0, 0, 0, times), 5 * times, times)


async def test_whoever_cancels_a_monthly_agent_has_still_reviewed_it(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    market = await open_monthly_market(services)
    purchase = await begin(services, market)
    await create_review(market.buyer.actor, market.agent.id, 4, "Enough for one month.")

    await cancel_purchase(services, market.buyer.actor, purchase.id, "cancel")
    await catch_up(services)

    assert (await get_purchase(purchase.id)).status is PurchaseStatus.CANCELED
    assert (await get_rating(market.agent.id)).total == 1


async def test_the_creator_replies_and_nobody_else(services: Services, market: Market) -> None:
    await buy(services, market)
    review = await create_review(market.buyer.actor, market.agent.id, 5, "Fine.")

    await reply_to_review(market.creator.actor, review.id, "Thanks.")
    replied = await reply_to_review(market.creator.actor, review.id, "Thank you.")

    assert replied.reply == "Thank you."
    for person in (market.buyer, await make_person("stranger")):
        with pytest.raises(Forbidden):
            await reply_to_review(person.actor, review.id, "Mine.")
    assert await count("agent_review", "reply = 'Thank you.'") == 1


async def test_two_requests_at_once_make_one_review(services: Services, market: Market) -> None:
    await buy(services, market)
    reviewing = [create_review(market.buyer.actor, market.agent.id, 5, "Fine.") for _ in range(4)]

    found = await asyncio.gather(*reviewing)

    assert len({each.id for each in found}) == 1
    assert await shown(market.agent.id) == (1, (0, 0, 0, 0, 1), 5, 1)


async def test_a_creator_is_mailed_of_the_first_review_of_a_day_and_of_no_other(
    services: Services, market: Market
) -> None:
    await buy(services, market)
    other = await make_person("other")
    await buy(services, msgspec.structs.replace(market, buyer=other), "key-2")

    await create_review(market.buyer.actor, market.agent.id, 2, "Slow.")
    await create_review(market.buyer.actor, market.agent.id, 4, "Faster now.")
    await create_review(other.actor, market.agent.id, 5, "Fine.")

    assert (await mails_to(market.creator.email)).count("REVIEW_WRITTEN") == 1


async def test_an_account_reviews_so_often_only(services: Services, market: Market) -> None:
    await buy(services, market)
    for _ in range(PER_ACCOUNT.tries):
        await create_review(market.buyer.actor, market.agent.id, 2, "Slow.")
    before = await fingerprint()

    with pytest.raises(RateLimited):
        await create_review(market.buyer.actor, market.agent.id, 5, "Fine.")

    assert await fingerprint() == before
