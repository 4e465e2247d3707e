"""A list that shows columns alone says what its resolvers say, in either language."""

import httpx
import pytest

from chenu.core import db
from chenu.core.i18n import LOCALES
from chenu.flows.services import Services
from chenu_graphql import agent_lists
from chenu_graphql.agent_columns import AGENT_COLUMNS, Part
from chenu_graphql.documents import Documents
from chenu_graphql.fallbacks import FallbackReason
from tests.api.calls import Api
from tests.api.stock import stock


def _select() -> str:
    """Every field that is a column."""
    parts = [
        f"{name} {{ __typename {' '.join(known.columns)} }}" if isinstance(known, Part) else name
        for name, known in AGENT_COLUMNS.items()
    ]
    return " ".join(parts)


LIST = (
    "{ agents(first: 5) { totalCount pageInfo { startCursor endCursor hasNextPage }"
    f" edges {{ __typename again: node {{ {_select()} }} node {{ __typename slug }} }} }} }}"
)


async def _translate() -> None:
    """One agent has both languages, one has no creator, one has reviews."""
    rows = await db.fetch_records("SELECT id FROM agent ORDER BY id")
    texts = '{"name": "Un", "tagline": "Deux", "description": "Trois", "description_html": "4"}'
    both = f'{{"fr": {texts}, "en": {texts.replace("Un", "One")}}}'
    first, second, third = (f"id = '{row['id']}'" for row in rows[:3])
    await db.execute(f"UPDATE agent SET translations = $1::text::jsonb WHERE {first}", both)  # noqa: S608
    await db.execute(f"UPDATE agent SET kind = 'PLATFORM', creator = NULL WHERE {second}")  # noqa: S608
    await db.execute(f"UPDATE agent SET rating_sum = 13, review_count = 3 WHERE {third}")  # noqa: S608


@pytest.mark.parametrize("locale", LOCALES)
async def test_columns_say_what_resolvers_say(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    await stock(services, 3)
    await _translate()
    api = Api(client, {"accept-language": locale})
    await api.send(LIST)
    monkeypatch.setattr(agent_lists, "list_agents", None)
    shown = await api.send(LIST)
    monkeypatch.undo()
    monkeypatch.setattr(Documents, "find_compiled", lambda *_: FallbackReason.SWITCHED_OFF)
    resolved = await api.send(LIST)

    assert shown.data == resolved.data
    assert shown.http.content == resolved.http.content
    nodes = [edge["again"] for edge in shown.data["agents"]["edges"]]
    assert {node["creator"] is None for node in nodes} == {True, False}
    assert [node["rating"] for node in nodes if node["rating"]] == [13 / 3]
    assert [node["name"] for node in nodes][-1] == {"en": "One", "fr": "Alpha"}[locale]


@pytest.mark.parametrize(
    ("chosen", "columns"),
    [
        ("", "SELECT a.id, a.slug, a.installs AS sort_value"),
        (', filter: {language: "fr"}', "SELECT a.id, a.slug, a.sort_value"),
    ],
)
async def test_no_other_columns_are_read(
    client: httpx.AsyncClient,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    chosen: str,
    columns: str,
) -> None:
    await stock(services, 3)
    query = f"{{ agents(first: 1{chosen}) {{ edges {{ node {{ slug }} }} }} }}"
    await Api(client).send(query)
    read: list[str] = []
    fetch = db.fetch_records

    async def watch(sql: str, *args: object) -> list[object]:
        read.append(sql)
        return await fetch(sql, *args)

    monkeypatch.setattr(db, "fetch_records", watch)

    await Api(client).send(query)

    [sql] = [each for each in read if "FROM agent" in each]
    assert " ".join(sql.split("FROM")[0].split()) == columns
