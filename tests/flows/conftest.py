"""What several files of tests of flows begin with."""

import pytest

from chenu.accounts.actor import Staff
from chenu.flows.services import Services
from tests.flows.sales import Market, Sold, make_sale, open_market
from tests.people import Person, make_person
from tests.stripe_side import StripeSide


@pytest.fixture
async def market(services: Services) -> Market:
    return await open_market(services)


@pytest.fixture
async def reviewer(services: Services) -> Person:
    return await make_person("reviewer", staff=(Staff.REVIEWER,))


@pytest.fixture
async def sold(services: Services, stripe_side: StripeSide) -> Sold:
    """A paid and transferred sale, over an empty ledger and an empty sandbox."""
    await stripe_side.reset()
    purchase, payment = await make_sale(services)
    return Sold(purchase, payment)
