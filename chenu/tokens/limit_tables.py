"""Limits that an account sets to what one agent, or one of its API keys, may use in a month."""

from piccolo.columns import UUID, BigInt, Boolean, Date
from piccolo.table import Table

from chenu.accounts.key_tables import ApiKey
from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, business_time, primary_id


class TokenLimit(Table, tablename="token_limit"):
    """Of one agent or one API key, in tokens a calendar month (UTC).

    `used` is what was used or is reserved for running executions in `month`; it is written by
    migrations/sql/token_limits.sql. `is_warning_due`: the soft limit was passed and nobody has been
    told; `warned_month` is the last month in which somebody was.
    """

    id = primary_id()
    account = belongs_to(Account)
    agent_id = UUID(default=None, null=True)
    api_key = belongs_to(ApiKey, null=True)
    soft_limit = BigInt(default=None, null=True)
    hard_limit = BigInt(default=None, null=True)
    month = Date(default=None)
    used = BigInt(default=0)
    is_warning_due = Boolean(default=False)
    warned_month = Date(default=None, null=True)
    set_by = belongs_to(AppUser, null=True, index=True)
    updated_at = business_time()
