"""Clients that send slowly or without end, against the web process as started in production."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path

import httpx
import pytest

from chenu.demo.processes import free_port
from tests.attacks.raw_connections import chunks_of, connected
from tests.conftest import Engines
from tests.waiting import until

HOST = b"Host: 127.0.0.1\r\n"
SHORT = {"CHENU_HEAD_SECONDS": "1", "CHENU_BODY_SECONDS": "1", "CHENU_CACHE_SECONDS": "1"}
FLOOD = 20_000_000


class Web:
    """The process, and the port it listens on."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port

    async def is_well(self) -> bool:
        try:
            async with httpx.AsyncClient(timeout=10) as http:
                answer = await http.get(f"http://127.0.0.1:{self.port}/readyz")
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    def memory(self) -> int:
        """Bytes in use; 0 where the system does not tell."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return 0
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) * 1_024

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 30)


@asynccontextmanager
async def open_web(engines: Engines, folder: Path) -> AsyncIterator[Web]:
    port = free_port()
    env = {**os.environ, **engines.env, **SHORT, "CHENU_DATA": str(folder)}
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chenu", "serve", "--port", str(port)), env=env, stderr=log
        )
    web = Web(process, port)
    try:
        await until(web.is_well)
        yield web
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture(scope="module")
async def web(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Web]:
    async with open_web(engines, tmp_path_factory.mktemp("slow")) as opened:
        yield opened


GET = b"GET /healthz HTTP/1.1\r\n" + HOST
HELD = {
    "nothing": b"",
    "half a method": b"GE",
    "half a request line": b"GET / HT",
    "a request line": b"GET / HTTP/1.1\r\n",
    "half a header": GET + b"X-Slo",
    "no empty line": GET + b"X-Slow: yes\r\n",
    "an empty line at first": b"\r\n",
    "idle after an answer": GET + b"\r\n",
    "half of the next request": GET + b"\r\nGET /hea",
    "half a handshake": b"GET /graphql HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\n",
    "the beginning of TLS": b"\x16\x03\x01\x02",
}


@pytest.mark.parametrize("sent", HELD.values(), ids=HELD.keys())
async def test_half_a_request_is_not_waited_for(web: Web, sent: bytes) -> None:
    async with connected(web.port, sent) as held:
        await held.until_closed()

    assert await web.is_well()


DRIPPED = {
    "the request line": (b"GET /", b"a"),
    "one header": (GET + b"X-Slow: ", b"a"),
    "headers": (GET, b"X-Slow: yes\r\n"),
    "empty lines": (b"", b"\r\n"),
}


@pytest.mark.parametrize(("sent", "drop"), DRIPPED.values(), ids=DRIPPED.keys())
async def test_a_dripping_head_is_not_waited_for(web: Web, sent: bytes, drop: bytes) -> None:
    async with connected(web.port, sent) as slow:
        dripping = asyncio.create_task(slow.send_all(cycle([drop]), pause=0.1))
        await slow.until_closed()
        dripping.cancel()

    assert await web.is_well()


FLOODS = {
    "one header": (GET + b"X-Long: ", b"a" * 1_000),
    "many headers": (GET, b"X-%d: " + b"a" * 1_000 + b"\r\n"),
    "the same header": (GET, b"Cookie: " + b"a" * 1_000 + b"\r\n"),
    "many short headers": (GET, b"X-%d: a\r\n"),
    "a header's name": (GET, b"x" * 1_000),
    "the request line": (b"GET /", b"a" * 1_000),
    "a query": (b"GET /agents?q=", b"a" * 1_000),
    "a method": (b"", b"A" * 1_000),
}


@pytest.mark.parametrize(("sent", "pattern"), FLOODS.values(), ids=FLOODS.keys())
async def test_a_head_without_end_is_refused(web: Web, sent: bytes, pattern: bytes) -> None:
    before = web.memory()

    async with connected(web.port, sent) as flood:
        flooding = asyncio.create_task(flood.send_all(chunks_of(pattern, FLOOD)))
        answer = await flood.until_closed()
        taken = await flooding

    assert answer[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 414", b"HTTP/1.1 431")
    assert taken < FLOOD
    assert web.memory() - before < 20_000_000
    assert await web.is_well()


async def test_a_large_head_within_the_limit_is_read(web: Web) -> None:
    async with connected(web.port, GET + b"Cookie: a=" + b"b" * 40_000 + b"\r\n\r\n") as large:
        answer = await large.until_answered()

    assert answer.startswith(b"HTTP/1.1 200")


async def test_an_answer_does_not_say_which_server_gave_it(web: Web) -> None:
    async with connected(web.port, GET + b"Connection: close\r\n\r\n") as plain:
        answer = await plain.until_closed()

    assert b"\r\nserver: chenu\r\n" in answer
    assert b"granian" not in answer


JSON = b"Content-Type: application/json\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
BODIES = {
    "none of it": b"POST /graphql HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: 50\r\n\r\n",
    "half of it": b"POST /graphql HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: 50\r\n\r\n{",
    "a chunk": b"POST /graphql HTTP/1.1\r\n"
    + HOST
    + JSON
    + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "after 100": b"POST /graphql HTTP/1.1\r\n"
    + HOST
    + JSON
    + b"Content-Length: 50\r\nExpect: 100-continue\r\n\r\n",
    "of an event stream": b"POST /graphql HTTP/1.1\r\n"
    + HOST
    + JSON
    + b"Accept: text/event-stream\r\nContent-Length: 50\r\n\r\n",
    "of a form": b"POST /sign-in HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: 50\r\n\r\nemail=",
    "of a webhook": b"POST /webhooks/stripe HTTP/1.1\r\n"
    + HOST
    + JSON
    + b"Content-Length: 50\r\n\r\n{",
}


@pytest.mark.parametrize("sent", BODIES.values(), ids=BODIES.keys())
async def test_a_body_that_never_comes_is_not_waited_for(web: Web, sent: bytes) -> None:
    async with connected(web.port, sent) as slow:
        answer = await slow.until_closed()

    assert b"HTTP/1.1 408" in answer
    assert b"HTTP/1.1 200" not in answer
    assert await web.is_well()


async def test_a_dripping_body_is_not_waited_for(web: Web) -> None:
    head = b"POST /graphql HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: 100000\r\n\r\n"

    async with connected(web.port, head) as slow:
        dripping = asyncio.create_task(slow.send_all(cycle([b" "]), pause=0.1))
        answer = await slow.until_closed()
        dripping.cancel()

    assert answer.startswith(b"HTTP/1.1 408")


async def test_a_body_that_is_cut_short_is_not_our_failure(
    engines: Engines, tmp_path: Path
) -> None:
    async with open_web(engines, tmp_path) as web:
        for sent in BODIES.values():
            async with connected(web.port, sent):
                await asyncio.sleep(0.1)
        await web.stop()

    log = (tmp_path / "log").read_text()
    assert log.count('"method":"POST"') == log.count('"status":400') == len(BODIES)


async def test_a_body_that_nobody_reads_holds_up_no_answer(web: Web) -> None:
    async with connected(web.port, GET + b"Content-Length: 50\r\n\r\n") as odd:
        answer = await odd.until_closed()

    assert answer.startswith(b"HTTP/1.1 200")


async def test_hundreds_of_held_connections_keep_nobody_out(web: Web) -> None:
    sent = list(HELD.values()) * 30
    async with asyncio.timeout(60):
        held = [await asyncio.open_connection("127.0.0.1", web.port) for _ in sent]
        for (_, writer), half in zip(held, sent, strict=True):
            writer.write(half)

        assert await web.is_well()
        ends = await asyncio.gather(*(reader.read() for reader, _ in held), return_exceptions=True)
    for _, writer in held:
        writer.transport.abort()

    assert len(ends) == len(sent)


async def test_it_stops_whatever_is_held_open(engines: Engines, tmp_path: Path) -> None:
    sent = [*HELD.values(), *BODIES.values()]

    async with open_web(engines, tmp_path) as web:
        held = [await asyncio.open_connection("127.0.0.1", web.port) for _ in sent]
        for (_, writer), half in zip(held, sent, strict=True):
            writer.write(half)
            await writer.drain()
        code = await web.stop()
    for _, writer in held:
        writer.transport.abort()

    assert code == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


UNREAD = {
    "too slow": b"POST /graphql HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: 50\r\n\r\n{",
    "refused": b"POST /nothing HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: 50\r\n\r\na=",
    "not looked at": b"GET /nothing HTTP/1.1\r\n" + HOST + b"Content-Length: 50\r\n\r\na=",
}


@pytest.mark.parametrize("sent", UNREAD.values(), ids=UNREAD)
async def test_every_connection_with_an_unread_body_is_closed(web: Web, sent: bytes) -> None:
    """Not only after a garbage collection, although an exception's frames refer to its request."""

    async def ask() -> bytes:
        async with connected(web.port, sent) as slow:
            return await slow.until_closed()

    answers = await asyncio.gather(*(ask() for _ in range(30)))

    assert {answer.partition(b" ")[2][:3] for answer in answers} <= {b"408", b"404"}
