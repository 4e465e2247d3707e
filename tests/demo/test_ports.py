"""Ports that processes are given, also when they ask at the same moment."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process

from chenu.demo.processes import free_port

_ASK = """
from chenu.demo.processes import free_port
print(*(free_port() for _ in range(200)), flush=True)
input()
"""


async def _start_asking() -> tuple[Process, list[int]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _ASK, stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    return process, [int(port) for port in (await process.stdout.readline()).split()]


async def test_no_port_is_given_to_two_processes() -> None:
    asked = await asyncio.gather(*(_start_asking() for _ in range(4)))
    ours = [free_port() for _ in range(200)]

    given = [*ours, *(port for _, ports in asked for port in ports)]
    for process, _ in asked:
        await process.communicate(b"\n")
    assert len(given) == len(set(given)) == 1000
