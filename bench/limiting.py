"""An empty route behind the product's limiter and behind others, over the same Valkey."""

from bench import peer_environments, requests
from bench.rounds import Rates, compare, run_rounds
from bench.stand import STORE, Stand, settle
from bench.subjects import EMPTY, Subject, expect_same

LIMITED = "limited"
PEERS = {"slowapi_app": 1.7, "limits_app": 1.0, "litestar_app": 1.0}
"""At least so many times as fast."""
TITLES = {
    "slowapi_app": "slowapi on Starlette",
    "limits_app": "`limits`, asynchronous, on Litestar",
    "litestar_app": "Litestar's own middleware",
}
_ENVIRONMENT = "limiters"


def start_limiters(stand: Stand, *, with_peers: bool) -> list[Subject]:
    make = requests.same(requests.post("/empty", requests.event_body()))
    subjects = [Subject(LIMITED, stand.serve_limited(), make)]
    for name in PEERS if with_peers else ():
        python = peer_environments.prepare(_ENVIRONMENT)
        folder = peer_environments.folder_of(_ENVIRONMENT)
        subjects.append(Subject(name, stand.serve_peer(name, python, folder, name), make))
    return subjects


async def compare_limiters(stand: Stand, rounds: int) -> Rates:
    """These alone, with the route behind nothing."""
    make = requests.same(requests.post("/empty", requests.event_body()))
    subjects = [Subject(EMPTY, stand.serve_plain(), make)]
    subjects += start_limiters(stand, with_peers=True)
    expected = await expect_same(subjects)
    return await run_rounds(subjects, expected, rounds, lambda: settle(stand.database(STORE)))


def limiter_ratios(rates: Rates) -> list[tuple[str, str, str, float | None]]:
    """Label, subject, base and goal."""
    rows: list[tuple[str, str, str, float | None]] = [
        ("an empty route behind the limiter, over the same without", LIMITED, EMPTY, None)
    ]
    for name, least in PEERS.items():
        if name in rates:
            share = compare(rates, name, EMPTY).median
            label = f"the same, over {TITLES[name]} (itself {share:.3f} of the empty route)"
            rows.append((label, LIMITED, name, least))
    return rows
