"""Stripe's side of each test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from chenu.billing.live_gateway import LiveGateway
from chenu.flows.services import Services
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
async def gateway(services: Services) -> AsyncIterator[LiveGateway]:
    opened = LiveGateway(services.settings.stripe)
    yield opened
    await opened.close()
