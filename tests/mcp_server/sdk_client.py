"""The SDK's own client, told by lines of JSON what to do; runs in the SDK's environment.

{"connect": NAME, "to": "stdio" | "process" | URL, "env": {...}, "key": ...} opens a connection,
{"on": NAME, "call": TOOL, "arguments": {...}} calls a tool and {"on": NAME, "list": true} lists
them; each is answered by one line.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TextIO

import httpx2
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from chenu.mcp_server.endpoint import read_endpoint
from chenu.mcp_server.server import make_server

Request = dict[str, Any]


async def open_target(request: Request, stack: AsyncExitStack) -> Any:
    to = request["to"]
    if to == "process":
        return make_server(read_endpoint(request["env"]))
    if to == "stdio":
        command = ["-m", "chenu", "mcp"]
        server = StdioServerParameters(command=sys.executable, args=command, env=request["env"])
        return stdio_client(server, errlog=_open_log(request["log"], stack))
    headers = {"authorization": f"Bearer {request['key']}"} if request.get("key") else {}
    http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers))
    return streamable_http_client(to, http_client=http)


def _open_log(path: str, stack: AsyncExitStack) -> TextIO:
    return stack.enter_context(Path(path).open("a"))


async def answer(request: Request, clients: dict[str, Any], stack: AsyncExitStack) -> Any:
    if name := request.get("connect"):
        client = Client(await open_target(request, stack), mode=request.get("mode", "auto"))
        clients[name] = await stack.enter_async_context(client)
        return {"instructions": clients[name].instructions}
    client = clients[request["on"]]
    done = await (client.list_tools() if "list" in request else _call(client, request))
    return done.model_dump(mode="json", by_alias=True)


def _call(client: Any, request: Request) -> Any:
    return client.call_tool(request["call"], request["arguments"])


async def main() -> None:
    clients: dict[str, Any] = {}
    async with AsyncExitStack() as stack:
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await answer(json.loads(line), clients, stack)), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
