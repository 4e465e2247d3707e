"""The types of agents, creators, sales and access grants, in one file because they refer to each
other.
"""

from datetime import datetime

import strawberry

from chenu.agents.model import AgentKind, AgentStatus, GrantSource, PurchaseStatus
from chenu.tiers.catalogue import AgentLevel
from chenu_graphql import agent_lists, agent_reviews, agents, creators, library, sales
from chenu_graphql.breakdown import MoneyBreakdown
from chenu_graphql.connection import Connection
from chenu_graphql.errors import UserError
from chenu_graphql.fields import Weight, field
from chenu_graphql.nodes import Node
from chenu_graphql.permissions import DECIDED, HOLDER, MAKER, PARENT, SELLER
from chenu_graphql.scalars import URL, BigInt
from chenu_graphql.tiers import Sphere
from chenu_graphql.versions import AgentChange, AgentVersion


@strawberry.type(description="What the caller may do with an agent.")
class AgentAccess:
    can_use: bool = field("Whether the agent may be run and its manifest read.", PARENT)
    grant: "AccessGrant | None" = field(
        "What gives access; null for the plan's own agents and for one's own.", PARENT
    )
    reason: UserError | None = field("What would lift the refusal.", PARENT, agents.resolve_reason)


@strawberry.type(description="What somebody who bought an agent says of it.")
class Review(Node):
    id: strawberry.ID = field("Global id.", PARENT, agent_reviews.resolve_id)
    rating: int = field("1 to 5 stars.", PARENT)
    body: str = field("Plain text.", PARENT)
    author_name: str = field(
        "The name that its author goes by.", PARENT, agent_reviews.resolve_author
    )
    reply: str | None = field("What the creator replied; plain text.", PARENT)
    created_at: datetime = field("When it was written.", PARENT)


@strawberry.type(description="A listing in the marketplace.")
class Agent(Node):
    id: strawberry.ID = field("Global id.", PARENT, agents.resolve_id)
    slug: str = field("Its name in addresses.", PARENT)
    kind: AgentKind = field("Where it comes from.", PARENT)
    status: AgentStatus = field("Where it stands.", PARENT)
    name: str = field(
        "In the caller's language where there is a translation.", PARENT, agents.resolve_name
    )
    tagline: str = field("One sentence.", PARENT, agents.resolve_tagline)
    description: str = field(
        "Markdown as written; 'descriptionHtml' is sanitised.", PARENT, agents.resolve_description
    )
    description_html: str = field(
        "The description as safe HTML.", PARENT, agents.resolve_description_html
    )
    capabilities: list[str] = field("What it can do, as search words.", PARENT)
    permissions: list[str] = field("What it may touch, read from its manifest.", PARENT)
    level: AgentLevel = field("How far it acts by itself.", PARENT)
    sphere: Sphere | None = field("The sphere it belongs to.", PARENT, agents.resolve_sphere)
    icon_url: URL | None = field(
        "Its creator's picture, else an SVG drawn from its id.", PARENT, agents.resolve_icon_url
    )
    price: agents.AgentPrice = field("What it costs now.", PARENT)
    creator: "Creator | None" = field(
        "Who made it; null for the platform's own.", PARENT, agents.resolve_creator
    )
    version: AgentVersion | None = field(
        "What the viewer's account bought or accepted, else the newest.",
        PARENT,
        agents.resolve_version,
    )
    versions: list[AgentVersion] = field(
        "Newest first, at most 100; to its creator also what is not published.",
        PARENT,
        agents.resolve_versions,
        weight=Weight(size=5),
    )
    rating: float | None = field("1 to 5; null without reviews.", PARENT, agents.resolve_rating)
    review_count: int = field("How many reviews it has.", PARENT)
    rating_histogram: list[int] = field(
        "How many reviews have 1, 2, 3, 4 and 5 stars.",
        PARENT,
        agent_reviews.resolve_histogram,
        weight=Weight(size=5),
    )
    reviews: Connection[Review] = field(
        "By those who bought it, the newest first.", PARENT, agent_reviews.page_reviews
    )
    installs: int = field("Accounts that hold or held a grant.", PARENT)
    average_minutes_saved: float = field(
        "Per run, as its creator claims.", PARENT, agents.resolve_minutes
    )
    language: str = field("'fr' or 'en': what its creator wrote it in.", PARENT)
    success_rate: float | None = field(
        "From runs that the CHE·NU apps reported; null until there are 20 in 30 days.",
        PARENT,
        agents.resolve_success_rate,
    )
    median_tokens: BigInt | None = field(
        "Of a run; null until there are 20 in 30 days.", PARENT, agents.resolve_median_tokens
    )
    recent_accounts: int = field(
        "How many accounts ran it in the last 30 days, its maker's own aside; as the CHE·NU apps "
        "reported.",
        PARENT,
        agents.resolve_recent_accounts,
    )
    published_at: datetime | None = field("When it was first published.", PARENT)
    updated_at: datetime = field("When its texts, price or version last changed.", PARENT)
    viewer_access: AgentAccess = field(
        "What the viewer may do with it.", DECIDED, agents.resolve_access
    )
    rejection_reason: str | None = field("Creator and staff only.", MAKER)
    pending_change: AgentChange | None = field(
        "What waits for review; creator and staff only.", MAKER, agents.resolve_change
    )
    submitted_at: datetime | None = field(
        "Since when it waits for review, for seenAt; creator and staff only.", MAKER
    )


@strawberry.type(description="A page of agents; first or last is required, at most 100.")
class AgentConnection(Connection[Agent]):
    facets: agent_lists.AgentFacets = field(
        "Options of the filters with their counts.",
        PARENT,
        agent_lists.resolve_facets,
        weight=Weight(points=20),
    )


@strawberry.type(description="A sale is a purchase seen by its creator: the buyer stays private.")
class Sale(Node):
    id: strawberry.ID = field("Global id.", PARENT, sales.resolve_id)
    agent: Agent = field("What was sold.", PARENT, sales.resolve_agent)
    status: PurchaseStatus = field("Where it stands.", PARENT)
    breakdown: MoneyBreakdown = field("The sum of its payments.", PARENT, sales.resolve_breakdown)
    buyer_hint: str = field(
        "The buyer's address with all but two letters hidden.", PARENT, sales.resolve_buyer_hint
    )
    created_at: datetime = field("When the buyer agreed.", PARENT)


@strawberry.type(description="A person's public face in the store.")
class Creator(Node):
    id: strawberry.ID = field("Global id.", PARENT, creators.resolve_id)
    handle: str = field("The name in addresses.", PARENT)
    display_name: str = field("The name for people.", PARENT)
    bio: str = field("A few words, plain text.", PARENT)
    payouts_ready: bool = field("Whether paid agents can be sold.", PARENT)
    agents: AgentConnection = field(
        "Those on sale, newest first; to the creator and reviewers all of them.",
        DECIDED,
        creators.page_agents,
    )
    earnings: creators.CreatorEarnings | None = field(
        "The creator and staff only.", SELLER, creators.resolve_earnings
    )
    funnels: list[creators.CreatorFunnel] | None = field(
        "Views, sales and refunds of today, 7 and 30 days; the creator and staff only.",
        SELLER,
        creators.resolve_funnels,
        weight=Weight(size=3, points=10),
    )
    sales: Connection[Sale] | None = field(
        "Settled sales, newest first; the creator and staff only.", SELLER, creators.page_sales
    )
    onboarding_url: URL | None = field(
        "Our own page, which makes Stripe's single-use link when opened; null when nothing is due.",
        DECIDED,
        creators.resolve_onboarding_url,
    )


@strawberry.type(description="The right to use an agent.")
class AccessGrant(Node):
    id: strawberry.ID = field("Global id.", HOLDER, library.resolve_id)
    agent: Agent = field("What may be used.", HOLDER, library.resolve_agent)
    source: GrantSource = field("Where the right comes from.", HOLDER)
    starts_at: datetime = field("Since when.", HOLDER)
    ends_at: datetime | None = field("Until when; null: for good.", HOLDER)
    revoked_at: datetime | None = field("When it was taken back.", HOLDER)
    revoked_reason: str | None = field("Why it was taken back.", HOLDER)
    put_away_at: datetime | None = field(
        "When it was put away; null: it stands on the library's first shelf.", HOLDER
    )
