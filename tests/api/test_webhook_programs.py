"""The servers that the developer's page shows understand what we send, and nothing else."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from chenu.core.clock import system_now
from chenu.demo.processes import free_port
from chenu.flows.services import Services
from chenu.flows.webhooks.deliver import deliver_due
from chenu.flows.webhooks.endpoints import rotate_secret
from chenu.webhooks.signatures import new_secret, sign
from storefront.code_examples import write_examples
from tests.api.programs import find_node
from tests.people import make_person
from tests.rows import count
from tests.waiting import until
from tests.webhooks.listening import happen, listen

_TEXTS = {each.language: each.text for each in write_examples("webhook", "").examples}


@asynccontextmanager
async def running(
    language: str, port: int, secret: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    command = {
        "python": [sys.executable, "-I", "-"],
        "javascript": [find_node(), "--input-type=module", "-"],
    }[language]
    env = {"PATH": os.environ.get("PATH", ""), "CHENU_WEBHOOK_SECRET": secret, "PORT": str(port)}
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env=env
    )
    assert child.stdin is not None
    child.stdin.write(_TEXTS[language].encode())
    child.stdin.close()
    try:
        await until(lambda: _listens(port), f"a server in {language}")
        yield child
    finally:
        child.kill()
        await child.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _read_line(child: asyncio.subprocess.Process) -> str:
    assert child.stdout is not None
    return (await asyncio.wait_for(child.stdout.readline(), 20)).decode()


def test_there_is_one_in_each_language_of_servers() -> None:
    assert set(_TEXTS) == {"python", "javascript"}


@pytest.mark.parametrize("language", _TEXTS)
async def test_a_server_takes_what_we_send_once_and_refuses_what_is_forged(
    services: Services, language: str
) -> None:
    zoe, port = await make_person("zoe"), free_port()
    url = f"http://127.0.0.1:{port}/"
    created = await listen(services, zoe, url)
    await happen(zoe, "first")

    async with running(language, port, created.secret) as child:
        await deliver_due(services)
        said = await _read_line(child)
        body = b'{"type":"forged","data":{}}'
        by_us = sign("evt_1", system_now(), body, [created.secret])
        by_others = sign("evt_1", system_now(), body, [new_secret()])
        old = {**by_us, "webhook-timestamp": "1700000000"}
        async with httpx.AsyncClient() as http:
            answers = [
                (await http.post(url, content=body, headers=headers)).status_code
                for headers in (by_others, old, {}, by_us, by_us)
            ]
        again = await _read_line(child)

    assert said.startswith("api_key.revoked {")
    assert answers == [400, 400, 400, 204, 204]
    assert again.startswith("forged")
    assert await count("webhook_attempt", "status = 204") == 1


@pytest.mark.parametrize("language", _TEXTS)
async def test_a_server_with_the_old_secret_goes_on_during_a_rotation(
    services: Services, language: str
) -> None:
    zoe, port = await make_person("zoe"), free_port()
    created = await listen(services, zoe, f"http://127.0.0.1:{port}/")
    await rotate_secret(services, zoe.actor, created.endpoint.id)
    await happen(zoe, "first")

    async with running(language, port, created.secret) as child:
        await deliver_due(services)
        said = await _read_line(child)

    assert said.startswith("api_key.revoked")
