"""What is asked for while throughput is measured: four kinds of requests, as bytes."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass

from bench.load import Expected
from bench.requests import get, never_twice, post
from bench.scale.places import IPS
from bench.scale.world import World

_SPEND = "mutation($input: TokenSpendInput!) { tokenSpend(input: $input) { entry { id } } }"
_HOST = IPS["edge"]


@dataclass(frozen=True)
class Asked:
    """`make` makes the next request, which no cache has seen."""

    name: str
    make: Callable[[], bytes]
    expected: Expected


def list_kinds(world: World) -> list[Asked]:
    answer, data = Expected(200, None), Expected(200, None, never=b'"errors"')
    done = Expected(200, None, never=b'"entry":null')
    return [
        Asked("pages, visitors", _pages(("/agents", *world.agent_paths)), answer),
        Asked("pages, signed in", _signed_in(world), answer),
        Asked("GraphQL's list", never_twice(host=_HOST), data),
        Asked("spends", _spends(world), done),
    ]


def _pages(paths: tuple[str, ...], *headers: str) -> Callable[[], bytes]:
    """Every other one is the list of agents."""
    numbers = itertools.count(10**9)
    turn = itertools.cycle([each for path in paths[1:] for each in (paths[0], path)])
    return lambda: get(f"{next(turn)}?number={next(numbers)}", *headers, host=_HOST)


def _signed_in(world: World) -> Callable[[], bytes]:
    paths = ("/agents", "/tokens/statement")
    return _pages(paths, f"cookie: {world.reader_cookie}")


def _spends(world: World) -> Callable[[], bytes]:
    numbers, accounts = itertools.count(10**9), itertools.cycle(world.spender_ids)

    def make() -> bytes:
        name = f"throughput {next(numbers)}"
        sent = {"amount": 1, "reason": name, "idempotencyKey": name}
        body = json.dumps({"query": _SPEND, "variables": {"input": sent}}).encode()
        headers = (f"authorization: Bearer {world.service_key}", f"chenu-account: {next(accounts)}")
        return post("/graphql", body, *headers, host=_HOST)

    return make
