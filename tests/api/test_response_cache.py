"""Whole answers are cached for anonymous callers only, for a second at most."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.accounts.request_context import AS_OF, FOR_EVERYBODY, STATE_KEY, RequestContext
from chenu.app import create_app
from chenu.core.caches import TtlCache
from chenu.flows.services import Services
from chenu.http.answer_cache import AnswerCache
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_key, as_session
from tests.api.stock import stock
from tests.conftest import with_settings
from tests.people import make_person
from tests.rows import put

LIST = "{ agents(first: 5) { edges { node { name creator { displayName } } } } }"


class Watch:
    """A clock that only moves when the test moves it."""

    def __init__(self) -> None:
        self.moment = 100.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(TtlCache.__init__, "__defaults__", (watch,))
    return watch


@pytest.fixture
async def keeping(services: Services, watch: Watch) -> AsyncIterator[httpx.AsyncClient]:
    """An application as in production, which caches answers for a second."""
    app: Any = create_app(with_settings(services, cache_seconds=1.0))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url=services.settings.public_url
    ) as http:
        yield http


async def rename_maker(name: str) -> None:
    await put("creator", "display_name", name, "true")


async def maker_of(api: Api) -> str:
    reply = await api.send(LIST)
    return str(reply.data["agents"]["edges"][0]["node"]["creator"]["displayName"])


async def test_a_repeated_question_is_answered_from_memory_with_an_id_of_its_own(
    services: Services, keeping: httpx.AsyncClient
) -> None:
    await stock(services, 1)
    first = await Api(keeping).send(LIST)
    await rename_maker("Somebody Else")
    second = await Api(keeping).send(LIST)

    assert second.http.content == first.http.content
    assert second.http.headers["x-request-id"] != first.http.headers["x-request-id"]
    assert second.http.headers["content-type"] == first.http.headers["content-type"]


async def test_a_change_is_seen_by_everybody_after_a_second(
    services: Services, keeping: httpx.AsyncClient, watch: Watch
) -> None:
    await stock(services, 1)
    await maker_of(Api(keeping))
    await rename_maker("Somebody Else")
    watch.moment += 1.0

    assert await maker_of(Api(keeping)) == "Somebody Else"


async def test_the_age_counts_from_before_the_answer_was_begun(watch: Watch) -> None:
    stored: TtlCache[str, str] = TtlCache(1.0, 10, watch)
    begun = watch.moment
    watch.moment += 0.9
    stored.keep("question", "answer", begun)
    assert stored.find("question") == "answer"

    watch.moment += 0.1

    assert stored.find("question") is None


async def test_the_age_of_a_replica_s_answer_counts_from_the_moment_that_it_is_of(
    services: Services, watch: Watch
) -> None:
    made: list[float] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        made.append(watch.moment)
        scope["state"].update({FOR_EVERYBODY: True, AS_OF: watch.moment - 0.6})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"old"})

    cache = AnswerCache(app, frozenset({("GET", "/")}), 1.0, services.meter)
    for moment in (0.0, 0.3, 0.5):
        watch.moment = 100.0 + moment
        scope = {"method": "GET", "path": "/", "query_string": b"", "headers": []}
        state = {STATE_KEY: RequestContext()}
        await cache({**scope, "type": "http", "state": state}, _nothing, _nowhere)

    assert made == [100.0, 100.5]


async def _nothing() -> Any:
    return {"type": "http.request", "body": b""}


async def _nowhere(_message: Any) -> None:
    pass


async def test_what_is_stored_has_a_limit(watch: Watch) -> None:
    stored: TtlCache[int, str] = TtlCache(1.0, 10, watch)
    for number in range(5):
        stored.keep(number, "answer", watch.moment, weight=4)
    stored.keep(9, "too long", watch.moment, weight=11)

    assert [stored.find(number) is not None for number in (0, 1, 2, 3, 4, 9)] == [
        *(False, False, False),
        *(True, True),
        False,
    ]


async def test_languages_are_never_mixed_up(services: Services, keeping: httpx.AsyncClient) -> None:
    await stock(services, 1)
    question = "{ agents(first: 1) { edges { node { price { amount { formatted } } } } } }"
    french = await Api(keeping, {"accept-language": "fr"}).send(question)
    english = await Api(keeping, {"accept-language": "en"}).send(question)

    assert french.http.content != english.http.content


@pytest.mark.parametrize("turns", [1, -1], ids=["the older first", "the newer first"])
async def test_media_types_are_never_mixed_up(
    services: Services, keeping: httpx.AsyncClient, turns: int
) -> None:
    kinds = ["application/json", "application/graphql-response+json"][::turns]

    reported = [await Api(keeping).send(LIST, accept=kind) for kind in (*kinds, *kinds)]

    assert [reply.http.headers["content-type"].partition(";")[0] for reply in reported] == kinds * 2
    assert len({reply.http.content for reply in reported}) == 1


async def test_an_answer_that_nobody_could_write_is_not_stored(
    services: Services, keeping: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> dict[str, object]:
        raise TypeError("no JSON")

    with monkeypatch.context() as patched:
        patched.setattr("chenu_graphql.answers.Answer.to_dict", fail)
        failed = await Api(keeping).send(LIST)
    fixed = await Api(keeping).send(LIST)

    assert failed.http.status_code == 500
    assert fixed.http.status_code == 200


async def test_people_and_keys_are_neither_answered_from_memory_nor_remembered(
    services: Services, keeping: httpx.AsyncClient
) -> None:
    await stock(services, 1)
    person = await make_person("reader", tier=TierCode.PRO)
    signed_in = as_session(keeping, services, person)
    program = await as_key(keeping, services, person, ApiScope.READ)
    before = await maker_of(Api(keeping))
    await rename_maker("Somebody Else")

    assert await maker_of(signed_in) == await maker_of(program) == "Somebody Else"
    assert await maker_of(Api(keeping)) == before


@pytest.mark.parametrize("shown", [{"cookie": "chenu_session=unknown"}, {"x-csrf-token": "a"}])
async def test_whoever_shows_something_of_their_own_is_asked_for_anew(
    services: Services, keeping: httpx.AsyncClient, shown: dict[str, str]
) -> None:
    await stock(services, 1)
    await maker_of(Api(keeping))
    await rename_maker("Somebody Else")

    assert await maker_of(Api(keeping, shown)) == "Somebody Else"


async def test_errors_are_reported_anew_with_the_request_s_own_id(
    services: Services, keeping: httpx.AsyncClient
) -> None:
    replies = [await Api(keeping).send("{ agents { totalCount } }") for _ in range(2)]
    ids = [reply.errors[0]["extensions"]["requestId"] for reply in replies]

    assert ids == [reply.http.headers["x-request-id"] for reply in replies]
    assert ids[0] != ids[1]


async def test_the_store_s_page_is_stored_for_strangers_and_no_other_page_is(
    services: Services, keeping: httpx.AsyncClient, watch: Watch
) -> None:
    [agent] = await stock(services, 1)
    first = await keeping.get("/agents")
    await keeping.get(f"/agents/{agent.slug}")
    await put("agent", "name", "Renamed", "true")

    assert (await keeping.get("/agents")).text == first.text
    assert "Renamed" in (await keeping.get("/agents", headers={"cookie": "a=b"})).text
    assert "Renamed" in (await keeping.get(f"/agents/{agent.slug}")).text
    watch.moment += 1.0
    assert "Renamed" in (await keeping.get("/agents")).text


@pytest.mark.parametrize("accept", ["application/graphql-response+json", "text/plain;q=0.1", ""])
async def test_what_others_accept_is_not_what_this_caller_is_informed(
    services: Services, keeping: httpx.AsyncClient, accept: str
) -> None:
    """Formats are chosen by it: an answer in one is none in another."""
    await stock(services, 1)
    first = await Api(keeping, {"accept": "application/json"}).send(LIST)
    await rename_maker("Somebody Else")

    other = await Api(keeping, {"accept": accept}).send(LIST)
    again = await Api(keeping, {"accept": "application/json"}).send(LIST)

    assert other.http.content != first.http.content
    assert again.http.content == first.http.content


async def test_a_head_is_answered_from_memory_and_keeps_a_whole_page(
    services: Services, keeping: httpx.AsyncClient
) -> None:
    await stock(services, 1)

    first = await keeping.head("/agents")
    page = await keeping.get("/agents")
    second = await keeping.head("/agents")

    assert first.content == second.content == b""
    assert len(page.content) == int(page.headers["content-length"]) > 1000
    assert (
        first.headers["content-length"]
        == second.headers["content-length"]
        == page.headers["content-length"]
    )


async def test_weights_of_languages_do_not_mix_up_what_is_stored(
    services: Services, keeping: httpx.AsyncClient
) -> None:
    await stock(services, 1)
    requests = ["fr", "fr;q=0.1, en;q=0.9", "en;q=0.1, fr;q=0.9", "EN", "fr;q=0"]

    reported = [
        (await keeping.get("/agents", headers={"accept-language": request})).headers
        for request in requests
    ]

    assert [each["content-language"] for each in reported] == ["fr", "en", "fr", "en", "en"]
