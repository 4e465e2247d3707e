"""Operations over event streams and WebSockets take their calls too."""

import httpx
import pytest

from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import gid
from tests.api.serving import served, socket
from tests.api.watching import key_of, make_purchase, stream
from tests.metered import meter_calls
from tests.people import make_person
from tests.rows import put

SMALL = "{ tiers { code } }"


@pytest.fixture
async def metering(services: Services) -> Services:
    return await meter_calls(services)


async def test_each_operation_of_a_socket_takes_its_calls(metering: Services) -> None:
    person = await make_person("caller", tier=TierCode.PRO)
    async with (
        served(metering) as url,
        socket(url, await key_of(metering, person)) as client,
    ):
        await client.begin()
        messages = []
        for number in range(3):
            await client.subscribe(str(number), SMALL)
            messages.append(await client.receive())
            if messages[-1]["type"] == "next":
                await client.receive()

    available = [each["payload"]["extensions"]["cost"]["available"] for each in messages[:2]]
    assert available == [1, 0]
    assert messages[2]["type"] == "error"
    [error] = messages[2]["payload"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert 1 <= error["extensions"]["retryAfter"] <= 6


async def test_a_stream_takes_calls_before_it_begins_and_is_refused_with_a_status(
    metering: Services,
) -> None:
    buyer, purchase = await make_purchase(metering)
    await put("purchase", "status", "PAID")
    public_id = gid("Purchase", purchase.id)
    key = await key_of(metering, buyer)
    answers = []

    async with served(metering) as url:
        for _ in range(3):
            async with stream(url, key, public_id) as answer:
                answers.append((answer, (await answer.aread()).decode()))

    assert [answer.status_code for answer, _ in answers] == [200, 200, 429]
    assert answers[0][0].headers["ratelimit"].startswith('"minute";r=1;t=6, "month";r=999;')
    assert '"calls":1,"available":1,"restoreRate":10' in answers[0][1]
    refused: httpx.Response = answers[2][0]
    assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert 1 <= int(refused.headers["retry-after"]) <= 6
