"""Litestar, Strawberry and Piccolo as their manuals put them together."""

import base64
import os
from contextlib import asynccontextmanager
from typing import Any

import strawberry
from litestar import Litestar
from piccolo.columns import UUID, BigInt, Text
from piccolo.engine.postgres import PostgresEngine
from piccolo.table import Table
from strawberry.dataloader import DataLoader
from strawberry.litestar import make_graphql_controller

DB = PostgresEngine({"dsn": os.environ["BENCH_DATABASE_URL"]})


class CreatorRow(Table, tablename="creator", db=DB):
    id = UUID(primary_key=True)
    handle = Text()
    display_name = Text()


class AgentRow(Table, tablename="agent", db=DB):
    id = UUID(primary_key=True)
    slug = Text()
    kind = Text()
    status = Text()
    name = Text()
    tagline = Text()
    level = Text()
    installs = BigInt()
    creator = UUID()


@strawberry.type
class Creator:
    handle: str
    display_name: str


@strawberry.type
class Agent:
    id: strawberry.ID
    slug: str
    name: str
    tagline: str
    level: str
    installs: int
    creator_id: strawberry.Private[object]

    @strawberry.field
    async def creator(self, info: strawberry.Info) -> Creator | None:
        return await info.context["creators"].load(self.creator_id)


@strawberry.type
class AgentEdge:
    node: Agent


@strawberry.type
class AgentConnection:
    edges: list[AgentEdge]


@strawberry.type
class Query:
    @strawberry.field
    async def agents(self, first: int) -> AgentConnection:
        rows = await (
            AgentRow.objects()
            .where(AgentRow.status == "PUBLISHED", AgentRow.kind != "CUSTOM")
            .order_by(AgentRow.installs, AgentRow.id, ascending=False)
            .limit(first)
        )
        return AgentConnection(edges=[AgentEdge(node=_agent(row)) for row in rows])


def _agent(row: AgentRow) -> Agent:
    text = base64.urlsafe_b64encode(f"Agent:{row.id}".encode()).decode().rstrip("=")
    return Agent(
        id=strawberry.ID(text),
        slug=row.slug,
        name=row.name,
        tagline=row.tagline,
        level=row.level,
        installs=row.installs,
        creator_id=row.creator,
    )


async def load_creators(keys: list[Any]) -> list[Creator | None]:
    rows = await CreatorRow.objects().where(CreatorRow.id.is_in(keys))
    found = {row.id: Creator(handle=row.handle, display_name=row.display_name) for row in rows}
    return [found.get(key) for key in keys]


async def get_context() -> dict[str, Any]:
    return {"creators": DataLoader(load_fn=load_creators)}


@asynccontextmanager
async def lifespan(_: Litestar) -> Any:
    await DB.start_connection_pool(min_size=2, max_size=16)
    yield
    await DB.close_connection_pool()


app = Litestar(
    [
        make_graphql_controller(
            strawberry.Schema(Query), path="/graphql", context_getter=get_context
        )
    ],
    lifespan=[lifespan],
    openapi_config=None,
)
