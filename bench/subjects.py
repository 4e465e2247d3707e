"""The measured subjects, their expected answers, and the ratios that are goals."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bench import peer_environments, requests
from bench.callers import KEYED, SIGNED_IN
from bench.load import Expected, WrongAnswer, ask
from bench.stand import Stand

PLAIN, EMPTY = "plain", "empty"
UNCACHED, REPEATED = "uncached", "repeated"
UNMETERED = "unmetered"
PAGE, PAGE_REPEATED = "page", "page-repeated"
WEBHOOK = "webhook"


@dataclass(frozen=True)
class Subject:
    name: str
    port: int
    make: Callable[[], bytes]
    is_list: bool = False
    """The answer's data must equal the plain route's."""
    pid: int = 0
    """Of its server; 0 where nobody asks."""


@dataclass(frozen=True)
class Goal:
    """`subject`'s answers a second over those of `base`, at least `least`."""

    label: str
    subject: str
    base: str
    least: float | None


GOALS = (
    Goal("20 agents with creators by GraphQL, uncached", UNCACHED, PLAIN, 0.60),
    Goal("the same of somebody who is signed in", SIGNED_IN, PLAIN, 0.40),
    Goal("the same by an API key", KEYED, PLAIN, 0.40),
    Goal("the same, anonymous and repeated", REPEATED, PLAIN, 1.5),
    Goal("20 agents, uncached, over the same without the limiter", UNCACHED, UNMETERED, 0.85),
    Goal("the list page in HTML, /agents, anonymous and repeated", PAGE_REPEATED, PLAIN, 0.55),
    Goal("the list page in HTML, drawn anew each time", PAGE, PLAIN, 0.40),
    Goal("webhook intake, over an empty route", WEBHOOK, EMPTY, 0.20),
)
_PYTHON_PEER_LEAST = 8.0
PEER_LEASTS: dict[str, float | None] = {
    **dict.fromkeys(peer_environments.NAMES, _PYTHON_PEER_LEAST),
    "postgraphile": 1.2,
    "mercurius": None,
}
"""Our uncached list over each of the peers; None: it is shown as it is."""


def start_listing(stand: Stand, callers: Mapping[str, str]) -> list[Subject]:
    """The plain route and the product's list, asked by each of the callers."""
    plain, plain_pid = stand.serve_plain(), stand.children[-1].pid
    product, pid = stand.serve_product(), stand.children[-1].pid
    make = requests.same(requests.get(f"/agents?first={requests.FIRST}"))
    return [
        Subject(PLAIN, plain, make, is_list=True, pid=plain_pid),
        Subject(UNCACHED, product, requests.never_twice(), is_list=True, pid=pid),
        *(
            Subject(name, product, requests.never_twice(header), is_list=True, pid=pid)
            for name, header in callers.items()
        ),
    ]


def start_subjects(stand: Stand, callers: Mapping[str, str], *, with_peers: bool) -> list[Subject]:
    """One server process each; the product's share one, as in production, but for the one that
    meters nobody.
    """
    plain = stand.serve_plain()
    product = stand.serve_product()
    unmetered = stand.serve_product("unmetered", is_metering=False)
    listing = requests.graphql()
    empty = requests.post("/empty", requests.event_body())
    subjects = [
        Subject(PLAIN, plain, requests.same(requests.get(f"/agents?first={requests.FIRST}")), True),
        Subject(UNCACHED, product, requests.never_twice(), is_list=True),
        Subject(UNMETERED, unmetered, requests.never_twice(), is_list=True),
        Subject(REPEATED, product, requests.same(listing), is_list=True),
        *(
            Subject(name, product, requests.never_twice(header), is_list=True)
            for name, header in callers.items()
        ),
        Subject(PAGE, product, requests.pages_never_twice()),
        Subject(PAGE_REPEATED, product, requests.same(requests.get("/agents"))),
        Subject(EMPTY, plain, requests.same(empty)),
        Subject(WEBHOOK, product, requests.events()),
    ]
    return [*subjects, *(_start_peers(stand) if with_peers else ())]


def start_list_subjects(stand: Stand) -> list[Subject]:
    """The plain route, our uncached list and the peers'."""
    listing = requests.same(requests.get(f"/agents?first={requests.FIRST}"))
    return [
        Subject(PLAIN, stand.serve_plain(), listing, is_list=True),
        Subject(UNCACHED, stand.serve_product(), requests.never_twice(), is_list=True),
        *_start_peers(stand),
    ]


def _start_peers(stand: Stand) -> Iterator[Subject]:
    for name in peer_environments.NAMES:
        python = peer_environments.prepare(name)
        port = stand.serve_peer(name, python, peer_environments.folder_of(name), "app")
        path = "/graphql/" if name == "ariadne" else "/graphql"
        yield Subject(name, port, requests.same(requests.graphql(path)), is_list=True)
    for name in peer_environments.ON_NODE:
        port = stand.serve_node_peer(name, *peer_environments.prepare_node(name))
        # PostGraphile's schema is that of the tables: it has names of its own for the same list.
        own = peer_environments.folder_of(name) / "list.graphql"
        query = own.read_text() if own.exists() else requests.QUERY
        request = requests.graphql(query=query)
        yield Subject(name, port, requests.same(request), is_list=True)


async def expect_same(subjects: list[Subject]) -> dict[str, Expected]:
    """Sends each request once. Raises WrongAnswer for one that is not served."""
    expected = {}
    for subject in subjects:
        status, body = await ask(subject.port, subject.make())
        if status != 200:
            raise WrongAnswer(f"{subject.name}: {status} {body[:300]!r}")
        expected[subject.name] = Expected(status, len(body))
    return expected


async def expect(subjects: list[Subject]) -> dict[str, Expected]:
    """Sends each request once. Raises WrongAnswer if a list differs from the plain route's."""
    _, reference = await ask(subjects[0].port, subjects[0].make())
    wanted = json.loads(reference)["data"]
    expected = {}
    for subject in subjects:
        status, body = await ask(subject.port, subject.make())
        if status != 200 or (subject.is_list and json.loads(body)["data"] != wanted):
            raise WrongAnswer(f"{subject.name}: {status} {body[:300]!r}")
        expected[subject.name] = Expected(status, len(body))
    return expected
