"""A cluster of Valkey that is gone as a whole: the client's errors are of another family then."""

import signal
from pathlib import Path

import pytest

from chenu.accounts.actor import AccountId
from chenu.core.errors import Unavailable
from chenu.core.ids import new_id
from chenu.core.log_position import UNKNOWN
from chenu.core.posted_answers import PostedAnswers
from chenu.core.recent_writes import RecentWrites
from chenu.core.replica import Replica
from chenu.core.tallies import Tallies
from chenu.flows.services import Services
from chenu.metering.allowances import allow_account
from chenu.metering.limiter import make_limiter
from chenu.metering.plans import ApiPlanCode, get_api_plan
from tests.valkey_nodes import open_cluster


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_cluster_that_is_gone_breaks_nothing(
    services: Services, replica: Replica, tmp_path: Path, is_known: bool
) -> None:
    """`is_known`: the client has learned of its nodes before."""
    async with open_cluster(tmp_path) as (valkey, children):
        if is_known:
            await valkey.ping()
        for child in children:
            child.ask_to_stop(signal.SIGKILL)
            child.wait_stopped(5)
        writes, writer = RecentWrites(valkey), new_id()
        caller = allow_account(AccountId(new_id()), get_api_plan(ApiPlanCode.FREE))

        await Tallies(valkey).add("agent_views", "here")
        await writes.remember([writer])
        found = [await each.find_position([writer]) for each in (writes, RecentWrites(valkey))]
        decision = await make_limiter(valkey, 1).take(caller)
        with pytest.raises(Unavailable):
            await PostedAnswers(valkey).put("name", "text")

    assert found == [UNKNOWN, UNKNOWN]
    assert decision.is_served
