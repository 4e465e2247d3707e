"""`make scale`: starts it, loads it, breaks it, and prints tables. docs/scaling.md."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.scale.checks import check_writes, wait_converged
from bench.scale.faults import Broken, Faults
from bench.scale.load import loading
from bench.scale.machines import enter, make_network, open_interpreter
from bench.scale.places import DATABASES, WEBS
from bench.scale.product import ROOT, Product
from bench.scale.report import Window, format_faults, format_own_writes, format_writes
from bench.scale.shares import Shares
from bench.scale.stack import Stack, install_patroni
from bench.scale.throughput import Throughput
from bench.scale.throughput_report import format_throughput
from bench.scale.world import make_world
from chenu.demo.processes import StartError

_WEBS = 3
_THROUGHPUT = "--throughput"
_QUIET_SECONDS = 5.0
_ROUND_SECONDS = 2.0


def main() -> int:
    try:
        install_patroni()  # within there is no way to an index of packages
        enter("bench.scale", sys.argv[1:])
        make_network()
        open_interpreter()
        folder = Path(tempfile.mkdtemp(prefix="chenu-scale-"))
        is_true = _measure(folder) if _THROUGHPUT in sys.argv[1:] else _start_and_break(folder)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    if is_true:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(f"logs: {folder}", file=sys.stderr)
    return 0 if is_true else 1


def _start_and_break(folder: Path) -> bool:
    product = Product(Stack(folder))
    say("engines")
    product.stack.start_engines()
    say("product")
    product.start(_WEBS)
    return asyncio.run(_run(product, sys.argv[1:]))


def _measure(folder: Path) -> bool:
    """Throughput, without any fault. Control groups end with all that ran in them."""
    shares = Shares()
    stack = Stack(folder, shares=shares)
    try:
        product = Product(stack)
        say("engines")
        stack.start_engines(DATABASES[:2])
        say("product")
        product.start(webs=1, workers=1)
        throughput = Throughput(product, shares, say)
        try:
            asyncio.run(throughput.run())
        finally:
            print(format_throughput(throughput.cells))
    finally:
        for machine in stack.machines.values():
            machine.kill_all()
        shares.close()
    return True


def say(what: str) -> None:
    print(f"scale {time.strftime('%H:%M:%S')}: {what}", file=sys.stderr, flush=True)


async def _run(product: Product, names: list[str]) -> bool:
    world = await make_world(product.settings)
    secret = product.env["STRIPE_WEBHOOK_SECRETS"].partition(",")[0]
    every = Faults(product).list_all()
    chosen = {"none", *names} if names else {each.key for each in every}
    faults = [each for each in every if each.key in chosen]
    async with loading(world, secret) as load:
        windows = [await _break(fault) for fault in faults]
    say("waiting for the workers")
    await wait_converged()
    checked = await check_writes(load.records)
    own = load.own_writes
    tables = (format_faults(windows, load.records), format_writes(checked), format_own_writes(own))
    print(*tables, sep="\n\n")
    for missed in own.missed[:20]:
        print("without the change:", missed)
    for odd in load.odd[:20]:
        print("odd:", odd)
    are_whole = not any(each.losses.lost or each.losses.doubled for each in checked)
    is_seen = own.reads > 0 and not own.missed
    is_true = await asyncio.to_thread(_check_books, product)
    return is_true and are_whole and is_seen and not load.odd


async def _break(fault: Broken) -> Window:
    """The load goes on before, meanwhile and afterwards."""
    say(fault.name)
    await asyncio.sleep(_ROUND_SECONDS)
    begin = time.monotonic()
    await fault.breaks()
    await asyncio.sleep(fault.lasts)
    await fault.mends()
    await asyncio.sleep(_QUIET_SECONDS)
    return Window(fault.name, begin, time.monotonic())


def _check_books(product: Product) -> bool:
    """`chenu ledger check` on a web process's machine: every invariant, also against Stripe."""
    say("chenu ledger check")
    command = ["ip", "netns", "exec", WEBS[0], sys.executable, "-m", "chenu", "ledger", "check"]
    env = {**os.environ, **product.env, "PYTHONPATH": f"{ROOT}:{ROOT / 'graphql'}"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603 - ours
    broken = [line for line in done.stdout.splitlines() if "ok" not in line.lower()]
    print("every invariant holds" if done.returncode == 0 else "\n".join([*broken, done.stderr]))
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
