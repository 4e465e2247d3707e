"""The gateway that tests of billing call without the product's flows."""

from collections.abc import AsyncIterator

import pytest

from chenu.billing.live_gateway import LiveGateway
from chenu.flows.services import Services


@pytest.fixture
async def gateway(services: Services) -> AsyncIterator[LiveGateway]:
    opened = LiveGateway(services.settings.stripe)
    yield opened
    await opened.close()
