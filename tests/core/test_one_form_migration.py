"""Rows of before get the one form of texts, and links as they are rendered now."""

import importlib

import msgspec

from chenu.accounts.users import get_user
from chenu.agents.queries import find_change
from chenu.core import db
from chenu.core.ids import new_id
from chenu.flows.services import Services
from tests.agents.shelf import open_shop, shelve
from tests.people import get_agent
from tests.rows import put

LINK = "[x](//evil.example/x)"


async def _migrate() -> None:
    """What the migration does to rows, once more."""
    module = importlib.import_module("migrations.chenu_2026_11_28t06_10_00_000000")
    for step in (await module.forwards()).raw:
        await step()


async def test_names_and_texts_are_composed(services: Services) -> None:
    shop = await open_shop()
    agent_id = await shelve(shop, "Trieur")
    await put("app_user", "display_name", "Zoe\u0301", "id = $2", shop.owner.user_id)
    await put("creator", "bio", "De\u0301ja\u0300", "id = $2", shop.creator_id)
    await put("agent", "name", "E\u0301le\u0300ve", "id = $2", agent_id)
    await put("agent", "capabilities", ["b", "e\u0301tude", "a"], "id = $2", agent_id)

    await _migrate()

    agent = await get_agent(agent_id)
    name = (await get_user(shop.owner.user_id)).display_name
    bio = await db.fetch_value("SELECT bio FROM creator WHERE id = $1", shop.creator_id)
    assert (name, bio, agent.name) == ("Zo\u00e9", "D\u00e9j\u00e0", "\u00c9l\u00e8ve")
    assert list(agent.capabilities) == ["b", "\u00e9tude", "a"]


async def test_links_of_before_that_are_none_now_are_text(services: Services) -> None:
    shop = await open_shop()
    agent_id = await shelve(shop, "Trieur", description=LINK)
    await put("agent", "description_html", '<p><a href="//evil.example/x">x</a></p>')
    old = '<a href="//evil.example/x">x</a>'
    fields = {"description": LINK, "description_html": old, "name": "e\u0301"}
    await _insert_change(agent_id, fields)

    await _migrate()

    change = await find_change(agent_id)
    assert change is not None
    assert (await get_agent(agent_id)).description_html == f"<p>{LINK}</p>\n"
    assert change.fields["description_html"] == f"<p>{LINK}</p>\n"
    assert change.fields["name"] == "\u00e9"


async def _insert_change(agent_id: object, fields: dict[str, str]) -> None:
    sql = """
        INSERT INTO agent_change (id, agent, fields, status, submitted_at, updated_at)
        VALUES ($1, $2, $3, 'PENDING_REVIEW', now(), now())
    """
    await db.execute(sql, new_id(), agent_id, msgspec.json.encode(fields).decode())
