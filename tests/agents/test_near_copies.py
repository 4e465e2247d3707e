"""Near-copies of another creator's text are found: whole ones, and such with words exchanged."""

import random

import pytest

from chenu.agents.model import AgentId, AgentKind, AgentStatus
from chenu.agents.near_copies import NEAR_COPY, NearCopy, list_near_copies
from chenu.core import db
from chenu.flows.services import Services
from tests.agents.shelf import Shop, open_shop, shelve
from tests.database import OwnedDatabase
from tests.people import get_agent

ORIGINAL = """Dictez ce que vous avez vu chez le client, avec vos prix. Les prestations sont
découpées en lignes claires, les quantités vérifiées, la TVA calculée au taux que vous indiquez et
les mentions obligatoires rappelées en bas de page. Un encadré dit en français courant ce qui est
compris et ce qui ne l’est pas ; c’est là que naissent la plupart des litiges. Il n’invente
aucun tarif : une ligne sans prix reste vide, marquée à compléter."""
OTHER = """Chaque matin il lit les annonces des marchés publics de votre région et ne garde que ceux
auxquels votre entreprise peut répondre. Pour chacun il résume l’objet, le montant, la date
limite et les pièces à fournir. Vous choisissez, il prépare le dossier et vous rappelle les
échéances. Rien n’est envoyé sans vous, et il apprend de ce que vous écartez."""
_WORDS = ("nuage", "bateau", "lampe", "verte", "souvent", "montagne", "tiroir", "ficelle")


def exchanged(text: str, share: float) -> str:
    """So many of the words are others."""
    chance, words = random.Random(5), text.split()
    for place in chance.sample(range(len(words)), int(len(words) * share)):
        words[place] = chance.choice(_WORDS)
    return " ".join(words)


@pytest.fixture
async def author(services: Services) -> Shop:
    """Has the original on sale."""
    shop = await open_shop("auteur")
    await shelve(shop, "Devis net", tagline="De vos notes au devis.", description=ORIGINAL)
    return shop


async def find(agent_id: AgentId, **edited: str) -> list[NearCopy]:
    return await list_near_copies(await get_agent(agent_id), edited)


COPIES = {
    "word for word": (ORIGINAL, 90),
    "without accents and in capitals": (ORIGINAL.upper().replace("É", "E"), 85),
    "in another order": (". ".join(reversed(ORIGINAL.split(". "))), 80),
    "a tenth of the words exchanged": (exchanged(ORIGINAL, 0.1), 70),
    "a quarter of the words exchanged": (exchanged(ORIGINAL, 0.25), 55),
    "with words of their own after it": (f"{ORIGINAL} {OTHER[:150]}", 60),
}


@pytest.mark.parametrize("case", COPIES)
async def test_copies_are_found_with_how_much_they_share(author: Shop, case: str) -> None:
    description, at_least = COPIES[case]
    copier = await open_shop("copieur")
    agent_id = await shelve(
        copier, "Devis clair", description=description, status=AgentStatus.PENDING_REVIEW
    )

    [copy] = await find(agent_id)

    assert (copy.name, copy.creator_name) == ("Devis net", "auteur")
    assert at_least <= copy.percent <= 100


DIFFERENT = {
    "another text": OTHER,
    "half of the words exchanged": exchanged(ORIGINAL, 0.55),
    "one sentence of it": f"{ORIGINAL.split('. ')[0]}. {OTHER}",
    "nothing of it": "Rien de plus à dire.",
}


@pytest.mark.parametrize("case", DIFFERENT)
async def test_different_texts_are_not_held_to_be_copies(author: Shop, case: str) -> None:
    other = await open_shop("autre")

    agent_id = await shelve(other, "Veilleur", description=DIFFERENT[case])

    assert await find(agent_id) == []


async def test_a_creator_may_repeat_their_own_text(author: Shop) -> None:
    agent_id = await shelve(author, "Devis net pro", description=ORIGINAL)

    assert await find(agent_id) == []


@pytest.mark.parametrize("hidden", ["draft", "suspended", "private"])
async def test_only_what_is_on_sale_is_compared(services: Services, hidden: str) -> None:
    status = {"draft": AgentStatus.DRAFT, "suspended": AgentStatus.SUSPENDED}
    kind = AgentKind.CUSTOM if hidden == "private" else AgentKind.MARKETPLACE
    state = status.get(hidden, AgentStatus.PUBLISHED)
    author, copier = await open_shop("auteur"), await open_shop("copieur")
    await shelve(author, "Devis net", description=ORIGINAL, status=state, kind=kind)

    agent_id = await shelve(copier, "Devis clair", description=ORIGINAL)

    assert await find(agent_id) == []


async def test_the_platforms_own_texts_are_compared_too(services: Services) -> None:
    shop = await open_shop("copieur")
    await shelve(
        shop,
        "Planner",
        description=ORIGINAL,
        kind=AgentKind.PLATFORM,
        creator=None,
        platform_rank=1,
    )

    agent_id = await shelve(shop, "Devis clair", description=ORIGINAL)

    [copy] = await find(agent_id)
    assert (copy.name, copy.creator_name) == ("Planner", None)


async def test_each_language_of_another_is_compared(services: Services) -> None:
    shop = await open_shop("copieur")
    english = {"name": "Planner", "tagline": "From your notes.", "description": ORIGINAL}
    await shelve(
        shop,
        "Planificateur",
        description=OTHER,
        kind=AgentKind.PLATFORM,
        creator=None,
        platform_rank=1,
        translation=english,
    )

    of_english = await shelve(shop, "Planner", description=ORIGINAL)
    of_french = await shelve(shop, "Planificateur", description=OTHER)

    for agent_id in (of_english, of_french):
        [copy] = await find(agent_id)
        assert (copy.name, copy.percent > 80) == ("Planificateur", True)


async def test_a_waiting_change_is_compared_by_what_it_would_say(author: Shop) -> None:
    other = await open_shop("autre")
    agent_id = await shelve(other, "Veilleur", description=OTHER)

    assert await find(agent_id) == []
    [copy] = await find(agent_id, description=ORIGINAL, name="Devis net")
    assert copy.percent > 80


async def test_the_most_alike_stand_first_and_there_are_five_at_most(author: Shop) -> None:
    for number in range(6):
        shop = await open_shop(f"copieur-{number}")
        text = exchanged(ORIGINAL, 0.02 * number)
        await shelve(shop, f"Devis {number}", description=text)
    last = await shelve(await open_shop("dernier"), "Devis net", description=ORIGINAL)

    found = await find(last)

    assert len(found) == 5
    assert [copy.percent for copy in found] == sorted((c.percent for c in found), reverse=True)


async def test_the_index_finds_them(author: Shop, database: OwnedDatabase) -> None:
    """Among many agents, of which the planner knows."""
    sql = """
        EXPLAIN SELECT id FROM agent a
        WHERE agent_prose(a.name, a.tagline, a.description) % fold($1)
            AND a.status = 'PUBLISHED' AND a.kind <> 'CUSTOM'
    """

    [(names,)] = await _rows(
        "SELECT string_agg(column_name, ', ') FROM information_schema.columns"
        " WHERE table_name = 'agent' AND is_generated = 'NEVER'"
    )
    many = f"""
        INSERT INTO agent ({names}) SELECT {names} FROM (SELECT (jsonb_populate_record(a,
            jsonb_build_object('id', gen_random_uuid(), 'slug', a.slug || n,
                'description', md5(n::text)))).*
            FROM agent a, generate_series(1, 3000) n WHERE a.id = (SELECT id FROM agent LIMIT 1)) m
    """  # noqa: S608 - names of columns

    await db.execute(many)
    await database.connection.execute("ANALYZE agent")
    plan = "\n".join(row[0] for row in await _rows(sql, ORIGINAL))

    assert "agent_prose_trgm" in plan


async def _rows(sql: str, *args: object) -> list[tuple[str]]:
    async with db.connection() as connection:
        return [tuple(row) for row in await connection.fetch(sql, *args)]


async def test_the_threshold_is_of_one_statement_alone(author: Shop) -> None:
    await find(await shelve(await open_shop("autre"), "Veilleur", description=OTHER))

    async with db.connection() as connection:
        left = await connection.fetchval("SHOW pg_trgm.similarity_threshold")

    assert float(left) != NEAR_COPY
