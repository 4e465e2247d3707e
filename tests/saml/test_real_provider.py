"""A provider that others have written (samlify) understands our requests, and we its answers."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from chenu.core.clock import system_now
from chenu.demo.environments import find_node, make_node_environment
from chenu.saml.assertions import Expectation
from chenu.saml.metadata import read_metadata, write_metadata
from chenu.saml.refusals import SamlRefused
from chenu.saml.requests import new_request_id, sign_in_url
from chenu.saml.verifier import SamlVerifier, decode_response
from tests.environments import INSTALLING_SECONDS
from tests.saml.provider import AUDIENCE, CONSUMER, Key, make_key

pytestmark = pytest.mark.timeout(INSTALLING_SECONDS)
HERE = Path(__file__).parent / "samlify"


class _Started(msgspec.Struct):
    port: int
    metadata: str


@asynccontextmanager
async def provider(key: Key) -> AsyncIterator[_Started]:
    home = make_node_environment("samlify", HERE / "package-lock.json")
    shutil.copy(HERE / "provider.js", home)
    process = await asyncio.create_subprocess_exec(
        find_node(),
        str(home / "provider.js"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    settings = {
        "privateKey": key.private,
        "certificate": key.certificate,
        "serviceMetadata": write_metadata(AUDIENCE, CONSUMER).decode(),
    }
    try:
        process.stdin.write(msgspec.json.encode(settings) + b"\n")
        await process.stdin.drain()
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        yield msgspec.json.decode(line, type=_Started)
    finally:
        process.kill()
        await process.communicate()


async def test_a_provider_of_others_signs_somebody_in() -> None:
    key, now = make_key(until=system_now().replace(year=system_now().year + 1)), system_now()
    async with provider(key) as started, httpx.AsyncClient() as browser:
        described = read_metadata(started.metadata.encode(), now)
        request_id = new_request_id()
        url = sign_in_url(
            described.sign_in_url,
            request_id=request_id,
            audience=AUDIENCE,
            consumer_url=CONSUMER,
            relay_state="state",
            now=now,
        )
        form = (await browser.get(url)).json()

    expected = Expectation(
        provider=described.provider,
        certificates=tuple(each.pem for each in described.certificates),
        audience=AUDIENCE,
        consumer_url=CONSUMER,
        request_id=request_id,
        now=system_now(),
    )
    verifier, answer = SamlVerifier(), decode_response(form["SAMLResponse"])
    verified = await verifier.verify(answer, expected)
    assert (form["RelayState"], form["action"]) == ("state", CONSUMER)
    assert verified.subject == "ada@company.example"
    assert verified.attributes == {"mail": ("ada@company.example",)}
    with pytest.raises(SamlRefused):
        await verifier.verify(answer.replace(b"ada@", b"eve@"), expected)
