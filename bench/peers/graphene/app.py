"""graphene behind Starlette, with asyncpg and a data loader."""

import base64
import os
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import graphene
from aiodataloader import DataLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

AGENTS = """
    SELECT id, slug, name, tagline, level, installs, creator FROM agent
    WHERE status = 'PUBLISHED' AND kind <> 'CUSTOM' ORDER BY installs DESC, id DESC LIMIT $1
"""
CREATORS = "SELECT id, handle, display_name FROM creator WHERE id = ANY($1)"


class Creators(DataLoader):
    def __init__(self, pool: Any) -> None:
        super().__init__()
        self._pool = pool

    async def batch_load_fn(self, keys: list[Any]) -> list[Any]:
        found = {row["id"]: dict(row) for row in await self._pool.fetch(CREATORS, keys)}
        return [found.get(key) for key in keys]


class Creator(graphene.ObjectType):
    handle = graphene.String(required=True)
    display_name = graphene.String(required=True)


class Agent(graphene.ObjectType):
    id = graphene.ID(required=True)
    slug = graphene.String(required=True)
    name = graphene.String(required=True)
    tagline = graphene.String(required=True)
    level = graphene.String(required=True)
    installs = graphene.Int(required=True)
    creator = graphene.Field(Creator)

    def resolve_id(self, info: Any) -> str:
        text = f"Agent:{self['id']}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    async def resolve_creator(self, info: Any) -> Any:
        return await info.context["creators"].load(self["creator"])


class AgentEdge(graphene.ObjectType):
    node = graphene.Field(Agent, required=True)


class AgentConnection(graphene.ObjectType):
    edges = graphene.List(graphene.NonNull(AgentEdge), required=True)


class Query(graphene.ObjectType):
    agents = graphene.Field(AgentConnection, first=graphene.Int(required=True))

    async def resolve_agents(self, info: Any, first: int) -> Any:
        rows = await info.context["pool"].fetch(AGENTS, first)
        return {"edges": [{"node": dict(row)} for row in rows]}


schema = graphene.Schema(query=Query)


async def serve(request: Request) -> JSONResponse:
    sent = await request.json()
    pool = request.app.state.pool
    result = await schema.execute_async(
        sent["query"],
        variables=sent.get("variables"),
        context={"pool": pool, "creators": Creators(pool)},
    )
    return JSONResponse(result.formatted)


@asynccontextmanager
async def lifespan(app: Starlette) -> Any:
    async with asyncpg.create_pool(os.environ["BENCH_DATABASE_URL"], min_size=2, max_size=16) as p:
        app.state.pool = p
        yield


app = Starlette(routes=[Route("/graphql", serve, methods=["POST"])], lifespan=lifespan)
