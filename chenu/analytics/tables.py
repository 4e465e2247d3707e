"""Movements of MRR, and their sums by day and by cohort. All of it follows from billing's history
and is computed again from it by `chenu analytics rebuild`.
"""

from piccolo.columns import UUID, BigInt, BigSerial, Date, Integer, Text
from piccolo.table import Table

from chenu.accounts.tables import Account
from chenu.core.columns import belongs_to, business_time, primary_id


class MrrMovement(Table, tablename="mrr_movement"):
    """A change of an account's MRR over its plans and contracts, in cents. Append-only.

    `state` is the row of recurring_state that made it, of which `source` and `source_kind` are.
    MRR before is that after the account's last movement. `cohort` is the first day of the month in
    which the account first had MRR, null before.
    """

    id = primary_id()
    account = belongs_to(Account)
    state = BigInt(unique=True)
    source = UUID(default=None)
    source_kind = Text()
    kind = Text()
    mrr_before = BigInt()
    mrr_after = BigInt()
    gross_before = BigInt()
    gross_after = BigInt()
    cohort = Date(default=None, null=True)
    moved_at = business_time()


class RevenueDay(Table, tablename="revenue_day"):
    """Sums of the movements and trials of a day (UTC), added up as their transactions commit.

    Amounts are cents of MRR, none below zero but `gross_change`.
    """

    day = Date(primary_key=True, default=None)
    new_mrr = BigInt(default=0)
    reactivation_mrr = BigInt(default=0)
    expansion_mrr = BigInt(default=0)
    contraction_mrr = BigInt(default=0)
    churn_mrr = BigInt(default=0)
    gross_change = BigInt(default=0)
    new_customers = Integer(default=0)
    reactivated_customers = Integer(default=0)
    churned_customers = Integer(default=0)
    trials_started = Integer(default=0)
    trials_converted = Integer(default=0)
    trials_lapsed = Integer(default=0)


class RevenueCohort(Table, tablename="revenue_cohort"):
    """How MRR and number of the customers of a cohort changed in a month; both are first days."""

    id = BigSerial(primary_key=True)
    cohort = Date(default=None)
    month = Date(default=None)
    mrr_change = BigInt(default=0)
    customer_change = Integer(default=0)
