"""Stripe's side of each test, and what several files begin with."""

from collections.abc import AsyncIterator, Iterator

import pytest

from chenu.accounts.actor import Staff
from chenu.flows.services import Services
from tests.flows.sales import Market, Sold, make_sale, open_market
from tests.people import Person, make_person
from tests.stripe_side import StripeSide, open_stripe_side, shortened_retries


@pytest.fixture(scope="package", autouse=True)
def _no_waiting_in_retries() -> Iterator[None]:
    with shortened_retries():
        yield


@pytest.fixture
async def stripe_side(services: Services) -> AsyncIterator[StripeSide]:
    """What a test makes Stripe do; faults end with the test."""
    async with open_stripe_side(services) as side:
        yield side


@pytest.fixture
async def market(services: Services) -> Market:
    return await open_market(services)


@pytest.fixture
async def reviewer(services: Services) -> Person:
    return await make_person("reviewer", staff=(Staff.REVIEWER,))


@pytest.fixture
async def sold(services: Services, stripe_side: StripeSide) -> Sold:
    """One paid and transferred sale, over books and a Stripe that hold nothing else."""
    await stripe_side.reset()
    purchase, payment = await make_sale(services)
    return Sold(purchase, payment)
