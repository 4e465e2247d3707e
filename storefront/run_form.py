"""The form that runs an agent once, as its page and the library show it."""

from uuid import UUID

import msgspec

from chenu.accounts.actor import Actor
from chenu.agents.executions import ExecutionRow, find_execution
from chenu.agents.model import AgentId, ExecutionId
from chenu.agents.rows import AgentRow
from chenu.core.ids import find_id, new_id
from chenu.flows.executions.page_runs import RunOffer, find_run_offer
from chenu.ledger.amounts import Tokens
from chenu.tokens.wallet import get_wallet
from storefront.forms import FormView


def form_name(agent_id: AgentId) -> str:
    """Also the id of the element that is replaced: the library shows several."""
    return f"try-{agent_id}"


def _new_key() -> str:
    return new_id().hex


class RunView(msgspec.Struct, frozen=True):
    """`offer` None: there is nothing to run. `run` is what came of the form.

    `balance` is what is available after it, None without limit.
    """

    form: FormView
    offer: RunOffer | None
    run: ExecutionRow | None = None
    balance: int | None = None
    idempotency_key: str = msgspec.field(default_factory=_new_key)


async def find_balance(actor: Actor) -> Tokens | None:
    if actor.account_id is None:
        return None
    return (await get_wallet(actor.account_id)).available


async def find_run_view(
    actor: Actor, agent: AgentRow, run_id: str, form: FormView | None
) -> RunView:
    """`run_id` as the address has it, after a form that was sent without scripts."""
    run = await _find_run(actor, agent.id, find_id(run_id))
    balance = await find_balance(actor) if run else None
    offer = await find_run_offer(actor, agent)
    return RunView(form or FormView(form_name(agent.id)), offer, run, balance)


async def _find_run(actor: Actor, agent_id: AgentId, run_id: UUID | None) -> ExecutionRow | None:
    if actor.account_id is None or run_id is None:
        return None
    run = await find_execution(actor.account_id, ExecutionId(run_id))
    return run if run is not None and run.agent_id == agent_id else None
