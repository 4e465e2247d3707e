"""An AI agent as the tests play it: the SDK's client in its own process, spoken to by lines."""

import asyncio
import json
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.environments import ROOT, make_python_environment

LOCK = ROOT / "requirements-mcp.lock"
LONGEST_LINE = 2**22


@dataclass(frozen=True)
class Result:
    """What a tool answered."""

    body: dict[str, Any]

    @property
    def data(self) -> Any:
        """The structured content; fails with all of it if the tool refused."""
        assert not self.body["isError"], self.body
        return self.body["structuredContent"]

    @property
    def text(self) -> str:
        [part] = self.body["content"]
        return str(part["text"])

    @property
    def refusal(self) -> str:
        """What the model reads when a tool refused."""
        assert self.body["isError"], self.body
        assert self.body.get("structuredContent") is None
        return self.text


class SdkProcess:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def send(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        line = await self._process.stdout.readline()
        assert line, "the SDK's client has ended"
        body: dict[str, Any] = json.loads(line)
        return body


@dataclass(frozen=True)
class Agent:
    """One connection to a server."""

    sdk: SdkProcess
    name: str

    async def call(self, tool: str, **arguments: Any) -> Result:
        return Result(await self.sdk.send(on=self.name, call=tool, arguments=arguments))

    async def tools(self) -> dict[str, dict[str, Any]]:
        listed = (await self.sdk.send(on=self.name, list=True))["tools"]
        return {tool["name"]: tool for tool in listed}


def find_sdk_python() -> Path:
    """Of an environment with the SDK over the product's own packages, which have no place for its
    starlette, httpx2 and pyjwt.
    """
    paths = (ROOT, ROOT / "graphql", sysconfig.get_path("purelib"))
    return make_python_environment("mcp", LOCK, paths=paths) / "bin" / "python"


async def connect(sdk: SdkProcess, name: str, to: str = "process", **given: Any) -> Agent:
    """`process`: a server within the client's own process; `stdio`: `chenu mcp`; else a URL."""
    await sdk.send(connect=name, to=to, **given)
    return Agent(sdk, name)


@asynccontextmanager
async def sdk_process(log: Path) -> AsyncIterator[SdkProcess]:
    command = [str(find_sdk_python()), "-m", "tests.mcp_server.sdk_client"]
    pipe = asyncio.subprocess.PIPE
    with log.open("a") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=errors, cwd=ROOT, limit=LONGEST_LINE
        )
    try:
        yield SdkProcess(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
