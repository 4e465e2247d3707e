"""Each budget of tokens that was granted: for which month, of which source."""

from piccolo.columns import BigInt, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account
from chenu.core.columns import belongs_to, business_time, primary_id


class TokenBudgetPeriod(Table, tablename="token_budget_period"):
    """A budget from `starts_at` until just before `ends_at`; one for each source and beginning.

    `monthly` is the highest monthly budget that it was granted for, `granted` what came of it so
    far, in grants whose `source_id` is this row. `carried` came beside it from the budget that it
    replaced. `unspent` was left when the plan ended before the month, and is `resumed` if the plan
    comes back. `unpaid_share` of its money (basis points) was returned, or never came. `changes`
    numbers its grants. `withheld` is what it began with less, for what was used of plans that were
    not paid for. `warned` is the percentage of use that was mailed.
    """

    id = primary_id()
    account = belongs_to(Account)
    source = Text()
    starts_at = business_time()
    ends_at = business_time()
    monthly = BigInt(default=0)
    granted = BigInt(default=0)
    carried = BigInt(default=0)
    unspent = BigInt(default=0)
    resumed = BigInt(default=0)
    unpaid_share = Integer(default=0)
    withheld = BigInt(default=0)
    changes = Integer(default=0)
    warned = Integer(default=0)
    ended_at = Timestamptz(default=None, null=True)
    created_at = business_time()
