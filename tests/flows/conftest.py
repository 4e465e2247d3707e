"""Stripe's side of each test."""

from collections.abc import AsyncIterator, Iterator

import pytest
from stripe import HTTPClient

from chenu.flows.services import Services
from tests.stripe_side import StripeSide, open_stripe_side


@pytest.fixture(scope="package", autouse=True)
def _no_waiting_in_retries() -> Iterator[None]:
    """The SDK's own backoff between retries starts at half a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPClient, "INITIAL_DELAY", 0.01)
        patch.setattr(HTTPClient, "MAX_DELAY", 0.01)
        yield


@pytest.fixture
async def stripe_side(services: Services) -> AsyncIterator[StripeSide]:
    """What a test makes Stripe do; faults end with the test."""
    async with open_stripe_side(services) as side:
        yield side
