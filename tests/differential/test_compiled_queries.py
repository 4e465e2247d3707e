"""Random queries answer alike whether they run compiled or by graphql-core: decision 0010."""

import gc
import math
import random
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import pytest
import structlog
from graphql import parse, validate
from msgspec.structs import replace
from prometheus_client import REGISTRY
from structlog.typing import EventDict

from chenu.accounts.actor import Actor
from chenu.accounts.request_context import RequestContext
from chenu.availability.board import StatusBoard
from chenu.core import db
from chenu.core.i18n import LOCALES
from chenu.flows.services import Services
from chenu_graphql.answers import Answer, GraphQLRequest
from chenu_graphql.context import Context
from chenu_graphql.engine import Engine
from chenu_graphql.schema import get_schema
from tests.conftest import SEED, Engines
from tests.differential.answers import find_difference, list_cursors
from tests.differential.breaking import BreakingSchema, Fault, choose_faults
from tests.differential.documents import Generator, RandomQuery
from tests.differential.market import Market, fill_market
from tests.differential.reachable import list_arguments, list_fields
from tests.differential.values import Pools, spoil
from tests.faults.counts import runs

pytestmark = pytest.mark.long

QUERIES = 5_000


@dataclass(frozen=True)
class Question:
    """`seed` draws the query, its caller and what fails meanwhile."""

    seed: int
    query: RandomQuery
    context: RequestContext

    def __str__(self) -> str:
        actor = self.context.actor
        who = f"{actor.kind} {actor.user_id} {sorted(actor.scopes)} {sorted(actor.staff)}"
        return f"seed {self.seed}, {who}\n{self.query.text}\n{self.query.variables}"


class Pair:
    """Two engines over one schema, which breaks for both alike.

    Each document is parsed and validated once for both: that is the same code for either.
    """

    def __init__(self, services: Services) -> None:
        # the status says when it was read: both have to read the same one
        self._services = replace(services, status=StatusBoard(max_age=math.inf))
        self.breaking = BreakingSchema()
        self._compiling = Engine(self.breaking.schema)
        self._interpreting = Engine(self.breaking.schema, is_compiling=False)
        self._interpreting._documents = self._compiling._documents

    def is_valid(self, text: str) -> bool:
        """Whether graphql-core finds no fault with it: our limits may refuse it all the same."""
        if not self._compiling._documents.read(text).errors:
            return True
        return not validate(self.breaking.schema, parse(text))

    async def run_compiled(self, question: Question) -> Answer:
        """As at its second use, and forgotten: other fields fail for the next question."""
        documents = self._compiling._documents
        prepared = documents.read(question.query.text)
        for operation in prepared.operations:
            documents.find_compiled(prepared, operation, question.query.variables)
        answer = await self._run(self._compiling, question)
        documents._compiled.forget(prepared.compilations)
        return answer

    async def interpret(self, question: Question) -> Answer:
        return await self._run(self._interpreting, question)

    async def _run(self, engine: Engine, question: Question) -> Answer:
        request = GraphQLRequest(question.query.text, dict(question.query.variables))
        return await engine.run(request, Context(self._services, question.context))


def draw_questions(pair: Pair, market: Market) -> Iterator[Question]:
    """An endless series of valid queries; `pair` fails for each as drawn."""
    seeds = random.Random(int(SEED))
    while True:
        seed = seeds.randrange(10**9)
        dice = random.Random(seed)
        query = Generator(pair.breaking.schema, dice, market.pools).write()
        if not pair.is_valid(query.text):
            continue
        if dice.random() < 0.03:
            spoil(dice, query.variables)
        pair.breaking.break_fields(choose_faults(dice, query.coordinates))
        actor: Actor = dice.choice(market.actors)
        context = RequestContext(actor=actor, locale=dice.choice(LOCALES), request_id="one")
        yield Question(seed, query, context)


def count_compiled() -> float:
    return REGISTRY.get_sample_value("chenu_graphql_compiled_total") or 0


@pytest.fixture
def unlogged() -> Iterator[list[EventDict]]:
    """Without logging, because formatting a traceback takes longer than a hundred queries."""
    with structlog.testing.capture_logs() as events:
        yield events


@contextmanager
def ignored_orphans() -> Iterator[None]:
    """graphql-core never awaits what a cancelled field had begun, and pytest takes Python's warning
    of that for an error: garbage is collected only in here, among what was made in here."""
    gc.disable()
    gc.freeze()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
            yield
            gc.collect()
    finally:
        gc.unfreeze()
        gc.enable()


async def compare(pair: Pair, market: Market, question: Question) -> str:
    """With all data or with errors.

    The answers are released here: their errors refer to coroutines.
    """
    compiled = await pair.run_compiled(question)
    await db.execute("DELETE FROM attempt_window")  # a wrong coupon counts, for either alike
    expected = await pair.interpret(question)
    await db.execute("DELETE FROM attempt_window")
    difference = find_difference(compiled, expected)
    assert difference is None, f"{question}\n{pair.breaking.faults}\n{difference}"
    market.pools.add_cursors(list_cursors(compiled.data))
    return "failed" if compiled.errors else "whole"


@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_random_queries_answer_alike_compiled_and_interpreted(
    services: Services, engines: Engines, unlogged: list[EventDict]
) -> None:
    market = await fill_market(services, engines)
    pair, before, outcomes = Pair(services), count_compiled(), Counter[str]()

    with ignored_orphans():
        for number, question in enumerate(islice(draw_questions(pair, market), runs(QUERIES))):
            outcomes[await compare(pair, market, question)] += 1
            unlogged.clear()
            if number % 100 == 0:
                gc.collect()

    ran_compiled = count_compiled() - before
    assert ran_compiled >= 0.9 * outcomes["whole"], "the others are iterables that are no lists"
    assert min(outcomes["failed"], outcomes["whole"]) >= runs(QUERIES) / 5, outcomes


SMALL = {
    "{ agents(first: 1) { __typename } }": ("Query.agents", Fault.IS_AN_ERROR),
    '{ agent(slug: "x") { medianTokens } }': ("Query.agent", Fault.IS_AN_ERROR),
    "{ tiers { __typename } }": ("Query.tiers", Fault.IS_ITERABLE),
    "{ tiers { code monthlyPrice { currency } } }": ("Money.currency", Fault.IS_NULL_LATER),
    "{ agents(first: 1) { totalCount } tier(code: PRO) { name } }": ("Tier.name", Fault.RAISES),
    "{ spheres { name } tier(code: PRO) { name } }": ("Tier.name", Fault.IS_FORBIDDEN),
}


@pytest.mark.usefixtures("unlogged")
@pytest.mark.parametrize(("text", "fault"), SMALL.items())
async def test_a_broken_field_answers_alike_compiled_and_interpreted(
    services: Services, text: str, fault: tuple[str, Fault]
) -> None:
    pair = Pair(services)
    pair.breaking.break_fields(dict([fault]))
    question = Question(0, RandomQuery(text, {}, []), RequestContext(request_id="one"))

    compiled = await pair.run_compiled(question)

    assert find_difference(compiled, await pair.interpret(question)) is None


def test_random_documents_ask_every_field_with_every_argument() -> None:
    schema, asked, texts = get_schema(), set[str](), list[str]()
    for seed in range(9_000):
        query = Generator(schema, random.Random(seed), Pools()).write()
        asked.update(query.coordinates)
        texts.append(query.text)

    text = " ".join(texts)
    arguments = {f"{name}:" for name in list_arguments(schema)}
    assert list_fields(schema) - asked == set()
    assert {each for each in arguments if each not in text} == set()
    assert all(
        part in text
        for part in ("...F", "... on", "... {", "@skip", "@include", "__typename", " = ", "null")
    )
