"""FastAPI with Strawberry's router and SQLAlchemy's async ORM."""

import base64
import os
import uuid
from typing import Any

import strawberry
from fastapi import FastAPI
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload
from strawberry.fastapi import GraphQLRouter

URL = os.environ["BENCH_DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")
sessions = async_sessionmaker(create_async_engine(URL, pool_size=16))


class Base(DeclarativeBase):
    pass


class CreatorRow(Base):
    __tablename__ = "creator"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    handle: Mapped[str]
    display_name: Mapped[str]


class AgentRow(Base):
    __tablename__ = "agent"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str]
    name: Mapped[str]
    tagline: Mapped[str]
    level: Mapped[str]
    installs: Mapped[int]
    creator_id: Mapped[uuid.UUID | None] = mapped_column("creator", ForeignKey("creator.id"))
    creator: Mapped[CreatorRow | None] = relationship()


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
    creator: Creator | None


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
        wanted = (
            select(AgentRow)
            .options(selectinload(AgentRow.creator))
            .where(AgentRow.status == "PUBLISHED", AgentRow.kind != "CUSTOM")
            .order_by(AgentRow.installs.desc(), AgentRow.id.desc())
            .limit(first)
        )
        async with sessions() as session:
            rows = (await session.scalars(wanted)).all()
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
        creator=_creator(row.creator),
    )


def _creator(row: CreatorRow | None) -> Creator | None:
    return Creator(handle=row.handle, display_name=row.display_name) if row else None


router: Any = GraphQLRouter(strawberry.Schema(Query))
app = FastAPI()
app.include_router(router, prefix="/graphql")
