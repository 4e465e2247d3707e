"""Reviews of agents in the demo's history, by those who bought them, and what creators reply."""

import msgspec

from chenu.accounts.actor import ApiScope
from chenu.agents.buyer_reviews import get_review_of
from chenu.demo.runs import get_agent
from chenu.demo.seed import act_as
from chenu.flows.agent_reviews import create_review, reply_to_review
from chenu.flows.services import Services


class Review(msgspec.Struct, frozen=True):
    """By a buyer."""

    role: str
    slug: str
    stars: int
    text: str

    def __str__(self) -> str:
        return f"{self.role} gives {self.slug} {self.stars} stars"

    async def __call__(self, services: Services) -> None:
        agent = await get_agent(self.slug)
        await create_review(await act_as(self.role), agent.id, self.stars, self.text)


class Reply(msgspec.Struct, frozen=True):
    """By the agent's creator, to what `buyer` wrote."""

    role: str
    buyer: str
    slug: str
    text: str

    def __str__(self) -> str:
        return f"{self.role} answers {self.buyer} about {self.slug}"

    async def __call__(self, services: Services) -> None:
        account_id = (await act_as(self.buyer)).require_account(ApiScope.READ)
        review = await get_review_of(account_id, (await get_agent(self.slug)).id)
        await reply_to_review(await act_as(self.role), review.id, self.text)
