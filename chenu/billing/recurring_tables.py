"""What subscriptions and contracts were at each time: the history that MRR is computed from."""

from piccolo.columns import UUID, BigInt, BigSerial, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account
from chenu.core.columns import belongs_to, business_time, primary_id


class RecurringState(Table, tablename="recurring_state"):
    """What a subscription or contract (`source`) is from `changed_at` on. Append-only; amounts are
    cents, `price` is of a period.

    Ids of one account grow with time. `share_net` of `share_total` is what is left of the price
    without VAT. `mrr` (without discounts: `mrr_gross`) is computed from the row; `..._before` are
    of the source's row before, zero and null in its first.
    """

    id = BigSerial(primary_key=True)
    account = belongs_to(Account)
    source = UUID(default=None)
    kind = Text()
    item = Text()
    status = Text()
    status_before = Text(default=None, null=True)
    gives_access = Boolean()
    billing_interval = Text()
    price = BigInt()
    share_net = BigInt(default=1)
    share_total = BigInt(default=1)
    discount_percent = Integer(default=None, null=True)
    discount_amount = BigInt(default=None, null=True)
    discount_duration = Text(default=None, null=True)
    discount_ends_at = Timestamptz(default=None, null=True)
    mrr = BigInt()
    mrr_gross = BigInt()
    mrr_before = BigInt(default=0)
    mrr_gross_before = BigInt(default=0)
    changed_at = business_time()


class TierReached(Table, tablename="tier_reached"):
    """When an account first paid for a tier or a higher one: written by a trigger of the history.

    `tier` is STARTER, PRO, BUSINESS or ENTERPRISE; at most one row of each an account.
    """

    id = primary_id()
    account = belongs_to(Account)
    tier = Text()
    reached_at = business_time()
