"""The business's enums as GraphQL enums: the same classes, registered once under their names."""

from enum import Enum

import strawberry

from chenu.accounts.actor import AccountRole, ApiScope
from chenu.affiliates.model import AffiliateStatus, CommissionStatus, PayoutStatus
from chenu.agents.library import LibrarySort
from chenu.agents.model import (
    AgentKind,
    AgentStatus,
    ExecutionStatus,
    GrantSource,
    PriceType,
    PurchaseStatus,
)
from chenu.agents.search_query import AgentSort
from chenu.availability.status import ServiceState
from chenu.billing.coupon_rules import CouponDuration
from chenu.billing.recurring import BillingInterval, InvoiceStatus, SubscriptionStatus
from chenu.metering.plans import ApiPlanCode
from chenu.moderation.model import DecisionGround
from chenu.roi.periods import RoiPeriod
from chenu.tiers.catalogue import (
    AgentLevel,
    EntitlementSource,
    Feature,
    SupportLevel,
    TierCode,
)
from chenu.tokens.grants import GrantKind
from chenu.tokens.wallet import EntryKind

_DESCRIPTIONS: dict[type[Enum], str] = {
    ServiceState: "DEGRADED: available, without some of the web processes.",
    TierCode: "The five tiers, from the cheapest up.",
    SupportLevel: "How help is given.",
    AgentLevel: "How far an agent acts by itself: L0 answers, L3 coordinates on a mandate.",
    Feature: "What a tier can switch on or count.",
    EntitlementSource: "What gives or takes a right: the tier, staff, or a plan of the paid API.",
    AccountRole: "OWNER and BILLING may spend the account's money.",
    ApiScope: (
        "READ own data; AGENTS create and edit; MARKETPLACE buy, refund, review; EXECUTIONS; "
        "TOKENS; BILLING plans and invoices. Staff fields never by key."
    ),
    BillingInterval: "How often a plan is paid: a year costs ten months.",
    SubscriptionStatus: (
        "TRIALING, ACTIVE and PAST_DUE give the plan; PAST_DUE until the last try on day 7 fails."
    ),
    CouponDuration: "ONCE: the first invoice. REPEATING: for some months. FOREVER: every invoice.",
    InvoiceStatus: "Stripe's states of an invoice.",
    ApiPlanCode: "The plans of the paid API.",
    AgentKind: "PLATFORM comes with a tier, MARKETPLACE is sold, CUSTOM is private to an account.",
    AgentStatus: "Where an agent, a version or a pending change stands.",
    DecisionGround: "What a rejection, suspension or removal rests on.",
    AgentSort: "What a list of agents is ordered by.",
    PriceType: "FREE, paid once, or by the month.",
    LibrarySort: "BOUGHT: when the right began; UPDATED: when the agent was changed. Newest first.",
    PurchaseStatus: (
        "PAID: once. ACTIVE, PAST_DUE, CANCELED (runs to its period's end), ENDED: monthly."
    ),
    GrantKind: "MONTHLY and TRIAL are budgets; a pack's base and bonus are two grants.",
    EntryKind: (
        "HOLD reserves, RELEASE ends that, SPEND uses; ADJUST moves tokens of a grant to the debt "
        "of another."
    ),
    ExecutionStatus: (
        "AUTHORIZED holds tokens for an hour; COMPLETED and FAILED were reported, CANCELED and "
        "EXPIRED cost nothing."
    ),
    RoiPeriod: "A month, quarter or year of the calendar, by days in UTC.",
    AffiliateStatus: "SUSPENDED: clicks bind nobody any more, and nothing is paid.",
    PayoutStatus: (
        "PENDING: the transfer is on its way. PAID: it was made. "
        "FAILED: it was refused, and what it would have paid is due again."
    ),
    CommissionStatus: (
        "PENDING for 30 days, DUE until the monthly payout, PAID; REVERSED: taken back whole "
        "before that; HELD: staff look at it."
    ),
    GrantSource: "Where the right to use an agent comes from.",
}
_NAMES: dict[type[Enum], str] = {GrantKind: "TokenGrantKind", EntryKind: "TokenEntryKind"}
"""Where the API has a longer name."""


def register_enums() -> None:
    for enum, description in _DESCRIPTIONS.items():
        strawberry.enum(enum, name=_NAMES.get(enum), description=description)
