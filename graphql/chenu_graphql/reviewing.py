"""Reviewing an agent that was bought, and the creator's reply."""

from typing import Annotated

import strawberry

from chenu.agents.model import AgentId, ReviewId
from chenu.core.errors import NotFound
from chenu.flows.agent_reviews import create_review, reply_to_review
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import field, input_argument, input_field
from chenu_graphql.ids import get_row_id
from chenu_graphql.market import Review
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT


@strawberry.input(description="What somebody who bought an agent says of it.")
class ReviewCreateInput:
    agent_id: strawberry.ID = input_field("Which agent; each account reviews it once.")
    rating: int = input_field("1 to 5 stars.")
    body: str = input_field("At most 2,000 characters, plain text.")


@strawberry.input(description="What an agent's creator replies to a review.")
class ReviewReplyInput:
    review_id: strawberry.ID = input_field("Which review.")
    body: str = input_field("At most 2,000 characters; in place of an earlier reply.")


@strawberry.type(description="The review as it is afterwards.")
class ReviewPayload:
    review: Review | None = field("null when it was refused.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_create(
    info: Info, data: Annotated[ReviewCreateInput, input_argument()]
) -> Payload:
    unknown = NotFound("There is no such agent", path=("agent_id",))
    agent_id = AgentId(get_row_id("Agent", data.agent_id, unknown))
    review = await create_review(info.context.actor, agent_id, data.rating, data.body)
    return Payload(review=review)


async def resolve_reply(info: Info, data: Annotated[ReviewReplyInput, input_argument()]) -> Payload:
    unknown = NotFound("There is no such review", path=("review_id",))
    review_id = ReviewId(get_row_id("Review", data.review_id, unknown))
    return Payload(review=await reply_to_review(info.context.actor, review_id, data.body))
