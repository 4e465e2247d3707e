"""Runs of agents as rows, for tests of what is computed from them."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from chenu.accounts.actor import AccountId
from chenu.agents.executions import ExecutionRow, insert_execution
from chenu.agents.model import AgentId, ExecutionId, ExecutionStatus, ReportedBy
from chenu.core.clock import business_now
from chenu.core.ids import new_id


def made_up_run(account_id: AccountId, agent_id: AgentId, **changes: Any) -> ExecutionRow:
    """A run of 20 tokens that was completed just now, unless the changes say otherwise."""
    now = business_now()
    row = ExecutionRow(
        id=ExecutionId(new_id()),
        account_id=account_id,
        user_id=None,
        agent_id=agent_id,
        version_id=None,
        agent_level="L0",
        sphere=None,
        status=ExecutionStatus.COMPLETED,
        max_tokens=50,
        min_tokens=1,
        tokens_held=50,
        tokens_used=20,
        capped=False,
        is_free_try=False,
        succeeded=True,
        seconds_saved=None,
        claimed_seconds=900,
        authorized_by=ReportedBy.SERVICE_KEY,
        reported_by=ReportedBy.SERVICE_KEY,
        api_key_id=None,
        service_key_id=None,
        started_at=now,
        expires_at=now + timedelta(hours=1),
        finished_at=now,
    )
    return replace(row, **changes)


async def put_run(account_id: AccountId, agent_id: AgentId, **changes: Any) -> ExecutionRow:
    """Stores such a run, without any tokens."""
    run = made_up_run(account_id, agent_id, **changes)
    await insert_execution(run)
    return run
