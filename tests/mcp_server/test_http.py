"""One server for many callers, over streamable HTTP: each request brings its own key."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.demo.processes import free_port
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.environments import INSTALLING_SECONDS
from tests.mcp_server.agents import Agent, SdkProcess, connect, find_sdk_python
from tests.people import make_person
from tests.waiting import until

pytestmark = pytest.mark.timeout(INSTALLING_SECONDS)


@pytest.fixture
async def server(url: str) -> AsyncIterator[str]:
    """`chenu mcp --port` with no key of its own; its address."""
    port = free_port()
    command = [str(find_sdk_python()), "-m", "chenu", "mcp", "--port", str(port)]
    env = {"CHENU_API_URL": url, "CHENU_API_KEY": "of_nobody_and_never_sent"}
    process = await asyncio.create_subprocess_exec(*command, env=env, stderr=PIPE, stdout=PIPE)
    origin = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=origin) as http:
        await until(lambda: _listens(http))
    yield f"{origin}/mcp"
    process.terminate()
    out, err = await process.communicate()
    assert (b"chenu_live_" in out + err, b"of_nobody" in out + err) == (False, False)


async def _listens(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/")).status_code == 404
    except httpx.ConnectError:
        return False


async def join(sdk: SdkProcess, server: str, services: Services, name: str) -> Agent:
    person = await make_person(name, TierCode.PRO)
    made = await create_api_key(
        person.actor, name, (ApiScope.READ,), None, services.settings.secret
    )
    return await connect(sdk, uuid4().hex, server, key=made.secret)


async def test_each_caller_has_its_own_account_and_others_have_none(
    sdk: SdkProcess, server: str, services: Services
) -> None:
    agents = [await join(sdk, server, services, name) for name in ("zoe", "yann")]
    stranger = await connect(sdk, uuid4().hex, server)
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accepts = {"accept": "application/json, text/event-stream"}

    names = [(await agent.call("get_balances")).data["name"] for agent in agents * 2]
    refused = await stranger.call("get_balances")
    async with httpx.AsyncClient(headers=accepts) as page:
        rebound = await page.post(server, json=ping, headers={"host": "evil.example"})
        scripted = await page.post(server, json=ping, headers={"origin": "https://evil.example"})

    assert names == ["Zoe", "Yann"] * 2
    assert "send an API key as `Authorization: Bearer" in refused.refusal
    assert (rebound.status_code, scripted.status_code) == (421, 403)
