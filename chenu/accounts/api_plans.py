"""The paid API plan of an account, and what a contract says of its calls, as they are stored."""

import msgspec

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.errors import NotFound
from chenu.tiers.api_plan_codes import ApiPlanCode
from chenu.tiers.catalogue import TierCode


class ApiTerms(msgspec.Struct, frozen=True):
    """`api_calls` a month and `api_rate` a minute are those of a contract; None: no limit."""

    tier: TierCode
    api_plan: ApiPlanCode
    api_calls: int | None
    api_rate: int | None


async def get_api_terms(account_id: AccountId) -> ApiTerms:
    """Raises NotFound."""
    sql = "SELECT tier, api_plan, api_calls, api_rate FROM account WHERE id = $1"
    found = await db.find_one(ApiTerms, sql, account_id)
    if found is None:
        raise NotFound("There is no such account")
    return found


async def set_api_plan(account_id: AccountId, plan: ApiPlanCode) -> None:
    """What its subscription gives; FREE where none does."""
    sql = "UPDATE account SET api_plan = $2 WHERE id = $1 AND api_plan <> $2"
    await db.execute(sql, account_id, plan)


async def set_contract_calls(
    account_id: AccountId, api_calls: int | None, api_rate: int | None
) -> None:
    """What a contract says; both None where none runs."""
    sql = "UPDATE account SET api_calls = $2, api_rate = $3 WHERE id = $1"
    await db.execute(sql, account_id, api_calls, api_rate)
