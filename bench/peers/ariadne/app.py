"""Ariadne's own ASGI application, with asyncpg and a data loader."""

import base64
import os
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from aiodataloader import DataLoader
from ariadne import ObjectType, QueryType, make_executable_schema
from ariadne.asgi import GraphQL
from starlette.applications import Starlette

TYPES = """
    type Query { agents(first: Int!): AgentConnection! }
    type AgentConnection { edges: [AgentEdge!]! }
    type AgentEdge { node: Agent! }
    type Agent {
        id: ID!
        slug: String!
        name: String!
        tagline: String!
        level: String!
        installs: Int!
        creator: Creator
    }
    type Creator { handle: String! displayName: String! }
"""
AGENTS = """
    SELECT id, slug, name, tagline, level, installs, creator FROM agent
    WHERE status = 'PUBLISHED' AND kind <> 'CUSTOM' ORDER BY installs DESC, id DESC LIMIT $1
"""
CREATORS = "SELECT id, handle, display_name FROM creator WHERE id = ANY($1)"

query, agent, creator = QueryType(), ObjectType("Agent"), ObjectType("Creator")
creator.set_alias("displayName", "display_name")
state: dict[str, Any] = {}


class Creators(DataLoader):
    async def batch_load_fn(self, keys: list[Any]) -> list[Any]:
        found = {row["id"]: dict(row) for row in await state["pool"].fetch(CREATORS, keys)}
        return [found.get(key) for key in keys]


@query.field("agents")
async def resolve_agents(_: Any, info: Any, first: int) -> Any:
    rows = await state["pool"].fetch(AGENTS, first)
    return {"edges": [{"node": dict(row)} for row in rows]}


@agent.field("id")
def resolve_id(row: Any, info: Any) -> str:
    return base64.urlsafe_b64encode(f"Agent:{row['id']}".encode()).decode().rstrip("=")


@agent.field("creator")
async def resolve_creator(row: Any, info: Any) -> Any:
    return await info.context["creators"].load(row["creator"])


def get_context(request: Any, _: Any = None) -> dict[str, Any]:
    return {"request": request, "creators": Creators()}


@asynccontextmanager
async def lifespan(_: Starlette) -> Any:
    async with asyncpg.create_pool(os.environ["BENCH_DATABASE_URL"], min_size=2, max_size=16) as p:
        state["pool"] = p
        yield


schema = make_executable_schema(TYPES, query, agent, creator)
app = Starlette(lifespan=lifespan)
app.mount("/graphql", GraphQL(schema, context_value=get_context))
