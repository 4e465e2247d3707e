"""Forms and URLs of great length, with text that is slow to search and parse.

Work is counted in function calls, which do not depend on the machine's load.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import httpx

from chenu.flows.services import Services
from tests.attacks.cast import gather_cast
from tests.attacks.forms import filled_forms
from tests.attacks.pages import Route, csrf_of, session_headers
from tests.attacks.world import build_world
from tests.effort import counted_calls
from tests.people import sign_in_again

MOST_CALLS = 3_500_000
"""The longest description that may be saved costs most, 2,300,000: about 110 for each of its 20,000

brackets, and no more for nested ones. The next most expensive field costs a million.
"""
LONG = 100_000
LONGEST_ADDRESS = 20_000
TEXTS = ("[", "*a ", "a", "1", "a@", "{")
PREVIEWED = "/creator/agents/preview"
FORM = {"content-type": "application/x-www-form-urlencoded"}


async def _spend(http: httpx.AsyncClient, url: str, body: str, cookie: dict[str, str]) -> int:
    """Function calls of this process; a server's error fails."""
    with counted_calls() as effort:
        answer = await http.post(url, content=body, headers={**FORM, **cookie})
    assert answer.status_code < 500, (url, body[:40])
    return effort.calls


def _attacks(path: str, fields: Mapping[str, str], turn: int) -> Iterator[tuple[str, str]]:
    """Each field with a text; a description also with the slowest Markdown."""
    for step, field in enumerate(name for name in fields if name != "password"):
        yield field, TEXTS[(turn + step) % len(TEXTS)]
    if path == PREVIEWED:
        yield "description", "["


async def test_no_field_of_any_form_holds_up_the_process(
    client: httpx.AsyncClient, services: Services
) -> None:
    """Each field in turn, with five times the longest text that may be saved."""
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    dear, tried = {}, 0

    forms = filled_forms(world, "2026-11-22T10:00:00+00:00")
    for turn, (path, filled) in enumerate(forms.items()):
        owner = cast.named(filled.by).person
        assert owner is not None
        person = await sign_in_again(owner.user_id, owner.email)
        url = Route("POST", path, None).url(world)
        sent = {**filled.fields, "intent": "preview", "csrf_token": csrf_of(services, person)}
        for field, text in _attacks(path, filled.fields, turn):
            rest = urlencode({name: value for name, value in sent.items() if name != field})
            long = (text.replace(" ", "+") * LONG)[:LONG]
            cookie = session_headers(services, person)
            spent = await _spend(client, url, f"{rest}&{field}={long}", cookie)
            tried += 1
            if spent > MOST_CALLS:
                dear[f"{path} {field} {text}"] = spent

    assert tried >= 43
    assert dear == {}


async def test_no_address_holds_up_the_process(
    client: httpx.AsyncClient, services: Services
) -> None:
    """As long as our server accepts; the path is logged."""
    dear = {}

    for text in TEXTS:
        for url in (
            "/agents/{}",
            "/icons/{}",
            "/static/{}",
            "/agents?q={}",
            "/sign-in?next=/{}",
        ):
            with counted_calls() as effort:
                long = (text * LONGEST_ADDRESS)[:LONGEST_ADDRESS]
                answer = await client.get(url.format(long))
            assert answer.status_code < 500
            if effort.calls > MOST_CALLS:
                dear[f"{url} {text}"] = effort.calls

    assert dear == {}
