"""The names of the product's codes on pages, as texts to translate."""

from functools import lru_cache

from babel import Locale as BabelLocale

from chenu.accounts.actor import AccountRole, ApiScope
from chenu.accounts.billing_details import TaxIdStatus
from chenu.agents.creators import COUNTRIES
from chenu.agents.model import AgentKind, AgentStatus, PriceType, PurchaseStatus
from chenu.agents.pricing import describe_range
from chenu.agents.refund_requests import SaleRequestState
from chenu.agents.refunds import SaleRefundOrigin, SaleRefundState
from chenu.agents.rows import AgentCard, AgentRow
from chenu.agents.search_query import AgentSort
from chenu.billing.dispute_states import DisputeStatus
from chenu.billing.disputes import DisputedKind
from chenu.billing.payouts import PayoutStatus
from chenu.billing.recurring import InvoiceStatus
from chenu.billing.refund_requests import RefundRequestState
from chenu.core.i18n import Locale, mark, translate
from chenu.core.mail_kinds import MailTopic
from chenu.core.money import Cents, format_cents
from chenu.support.withdrawals import StatementState
from chenu.tiers.catalogue import AgentLevel, SupportLevel, Tier, TierCode, get_tier
from chenu.tiers.entitlements import get_plan_of_agent
from chenu.tiers.spheres import SPHERES, find_sphere

INVOICE_STATUS = {
    InvoiceStatus.DRAFT: mark("Draft"),
    InvoiceStatus.OPEN: mark("To be paid"),
    InvoiceStatus.PAID: mark("Paid"),
    InvoiceStatus.VOID: mark("Void"),
    InvoiceStatus.UNCOLLECTIBLE: mark("Not paid"),
}
REFUND_STATES = {
    RefundRequestState.WAITING: mark("waits for a second person"),
    RefundRequestState.APPROVED: mark("under way at Stripe"),
    RefundRequestState.SETTLED: mark("returned"),
    RefundRequestState.REJECTED: mark("rejected"),
    RefundRequestState.EXPIRED: mark("nobody decided in time"),
    RefundRequestState.FAILED: mark("refused by Stripe"),
}
LOOKING_ROLES = {"SUPPORT": mark("Support desk"), "ADMIN": mark("Administration")}
"""As whom staff see a customer's pages."""
SALE_REQUEST_STATES = {
    SaleRequestState.WAITING: mark("waits for a second person"),
    SaleRequestState.APPROVED: mark("agreed to"),
    SaleRequestState.REJECTED: mark("rejected"),
    SaleRequestState.EXPIRED: mark("nobody decided in time"),
}
SALE_REFUND_STATES = {
    SaleRefundState.REQUESTED: mark("under way at Stripe"),
    SaleRefundState.SETTLED: mark("returned"),
    SaleRefundState.FAILED: mark("did not reach the buyer, and is put back"),
}
SALE_REFUND_ORIGINS = {
    SaleRefundOrigin.BUYER: mark("given back by the buyer"),
    SaleRefundOrigin.CREATOR: mark("returned by the creator"),
    SaleRefundOrigin.STAFF: mark("returned by our support desk"),
    SaleRefundOrigin.WITHDRAWAL: mark("withdrawal by the buyer"),
    SaleRefundOrigin.STRIPE: mark("returned by us at Stripe"),
}
STATEMENT_STATES = {
    StatementState.WAITING: mark("waits for us"),
    StatementState.EXECUTED: mark("carried out"),
    StatementState.REFUSED: mark("refused"),
}
TAX_ID_STATUS = {
    None: mark("It is sent to Stripe with your first payment, and checked there."),
    TaxIdStatus.PENDING: mark("It is being looked up in the register."),
    TaxIdStatus.VERIFIED: mark("The register knows it."),
    TaxIdStatus.UNVERIFIED: mark("The register does not know it: please look at it once more."),
    TaxIdStatus.UNAVAILABLE: mark("The register does not answer; the number counts meanwhile."),
    TaxIdStatus.REFUSED: mark("Stripe did not take it: please look at it once more."),
}
LEVELS = {
    AgentLevel.L0: mark("Answers when asked"),
    AgentLevel.L1: mark("Prepares, you decide"),
    AgentLevel.L2: mark("Carries out whole tasks"),
    AgentLevel.L3: mark("Coordinates on a standing mandate"),
}
KINDS = {
    AgentKind.PLATFORM: mark("By CHE·NU"),
    AgentKind.MARKETPLACE: mark("By independent creators"),
}
PRICE_TYPES = {
    PriceType.FREE: mark("Free or included"),
    PriceType.ONE_TIME: mark("Paid once"),
    PriceType.SUBSCRIPTION: mark("Monthly"),
}
OWN_PRICE_TYPES = {
    PriceType.FREE: mark("Free"),
    PriceType.ONE_TIME: mark("Paid once"),
    PriceType.SUBSCRIPTION: mark("Monthly"),
}
SORTS = {
    AgentSort.RELEVANCE: mark("Relevance"),
    AgentSort.POPULAR: mark("Most installed"),
    AgentSort.NEWEST: mark("Newest"),
    AgentSort.RATING: mark("Best rated"),
    AgentSort.PRICE_ASC: mark("Price, lowest first"),
    AgentSort.PRICE_DESC: mark("Price, highest first"),
}
LANGUAGES: dict[str, str] = {"fr": "Français", "en": "English"}
"""In their own language: never translated."""
AGENT_STATES = {
    AgentStatus.DRAFT: mark("Draft"),
    AgentStatus.PENDING_REVIEW: mark("In review"),
    AgentStatus.PUBLISHED: mark("On sale"),
    AgentStatus.REJECTED: mark("Sent back"),
    AgentStatus.SUSPENDED: mark("Suspended"),
    AgentStatus.ARCHIVED: mark("Archived"),
}
VERSION_STATES = {
    AgentStatus.DRAFT: mark("Draft"),
    AgentStatus.PENDING_REVIEW: mark("In review"),
    AgentStatus.PUBLISHED: mark("Published"),
    AgentStatus.REJECTED: mark("Sent back"),
    AgentStatus.SUSPENDED: mark("Suspended"),
    AgentStatus.ARCHIVED: mark("Replaced before its review"),
}
PURCHASE_STATES = {
    PurchaseStatus.PENDING: mark("Not paid yet"),
    PurchaseStatus.PAID: mark("Paid"),
    PurchaseStatus.ACTIVE: mark("Active"),
    PurchaseStatus.PAST_DUE: mark("Payment overdue"),
    PurchaseStatus.ENDED: mark("Ended"),
    PurchaseStatus.REFUNDED: mark("Refunded"),
    PurchaseStatus.PARTIALLY_REFUNDED: mark("Partly refunded"),
    PurchaseStatus.DISPUTED: mark("Disputed"),
    PurchaseStatus.CANCELED: mark("Canceled"),
    PurchaseStatus.FAILED: mark("Failed"),
}
DISPUTE_STATES = {
    DisputeStatus.NEEDS_RESPONSE: mark("Answer wanted"),
    DisputeStatus.UNDER_REVIEW: mark("The bank decides"),
    DisputeStatus.APPEAL_NEEDS_RESPONSE: mark("Answer wanted"),
    DisputeStatus.APPEAL_UNDER_REVIEW: mark("The bank decides"),
    DisputeStatus.WON: mark("Won"),
    DisputeStatus.LOST: mark("Lost"),
    DisputeStatus.WARNING_NEEDS_RESPONSE: mark("The bank asks"),
    DisputeStatus.WARNING_UNDER_REVIEW: mark("The bank decides"),
    DisputeStatus.WARNING_CLOSED: mark("Closed"),
    DisputeStatus.PREVENTED: mark("Prevented"),
}
PAYOUT_STATES = {
    PayoutStatus.PENDING: mark("being prepared"),
    PayoutStatus.IN_TRANSIT: mark("on its way"),
    PayoutStatus.PAID: mark("at your bank"),
    PayoutStatus.FAILED: mark("came back"),
    PayoutStatus.CANCELED: mark("cancelled"),
}
DISPUTED_KINDS = {
    DisputedKind.AGENT: mark("Agent"),
    DisputedKind.PACK: mark("Token pack"),
    DisputedKind.PLAN: mark("Plan"),
}
MAIL_TOPICS = {
    MailTopic.TIPS: mark("First steps and tips"),
    MailTopic.SALES: mark("Each sale of my agents"),
    MailTopic.TOKENS: mark("When my monthly tokens are nearly used, or used up"),
    MailTopic.UPDATES: mark("New versions of the agents in my library"),
    MailTopic.REVIEWS: mark("My agents when they are approved"),
    MailTopic.REVIEWS: mark("My agents when they are approved or reviewed"),
}
ROLES = {
    AccountRole.OWNER: mark("Owner"),
    AccountRole.BILLING: mark("Billing"),
    AccountRole.MEMBER: mark("Member"),
}
ROLE_HINTS = {
    AccountRole.OWNER: mark("Does everything, and decides who is in the account."),
    AccountRole.BILLING: mark("Has the plan, token packs, invoices and API keys."),
    AccountRole.MEMBER: mark("Uses agents and tokens, and buys agents."),
}
SCOPES = {
    ApiScope.READ: mark("Read your own data"),
    ApiScope.AGENTS: mark("Create and edit agents"),
    ApiScope.EXECUTIONS: mark("Run agents"),
    ApiScope.TOKENS: mark("Spend tokens"),
    ApiScope.BILLING: mark("Plans and invoices"),
    ApiScope.MARKETPLACE: mark("Buy, return and review"),
}
SUPPORT_PROMISES = {
    SupportLevel.COMMUNITY: mark("Your plan comes with the answers on this page."),
    SupportLevel.EMAIL: mark("With your plan we answer within two days of work."),
    SupportLevel.PRIORITY: mark("With your plan we answer within 8 hours of work."),
    SupportLevel.DEDICATED: mark("With your plan your own contact answers within 4 hours of work."),
    SupportLevel.PHONE_SLA: mark("With your contract we answer within an hour of work."),
}
SUPPORT = {
    SupportLevel.COMMUNITY: mark("Community"),
    SupportLevel.EMAIL: mark("By e-mail"),
    SupportLevel.PRIORITY: mark("Priority"),
    SupportLevel.DEDICATED: mark("Your own contact"),
    SupportLevel.PHONE_SLA: mark("Phone, with guaranteed times"),
}
AUDIENCES = {
    TierCode.FREE: mark("To begin with"),
    TierCode.STARTER: mark("For every day"),
    TierCode.PRO: mark("For power users"),
    TierCode.BUSINESS: mark("For teams"),
    TierCode.ENTERPRISE: mark("For large organisations"),
}


def sphere_name(code: str | None, locale: Locale) -> str:
    sphere = find_sphere(code)
    return sphere.name(locale) if sphere else ""


def sphere_codes() -> list[str]:
    return [sphere.code for sphere in SPHERES]


def price_label(agent: AgentRow | AgentCard, locale: Locale) -> str:
    """'Free', '€9.00', '€9.00 / month' or 'Included in Pro'."""
    if agent.kind == AgentKind.PLATFORM:
        return translate(locale, mark("Included in {tier}"), tier=tier_name(plan_of(agent), locale))
    return _price_label(agent.price_type, agent.price_amount, locale)


@lru_cache(maxsize=4096)
def _price_label(kind: str, cents: Cents, locale: Locale) -> str:
    if kind == PriceType.FREE:
        return translate(locale, "Free")
    amount = format_cents(cents, locale)
    if kind == PriceType.SUBSCRIPTION:
        return translate(locale, mark("{amount} / month"), amount=amount)
    return amount


def plan_of(agent: AgentRow | AgentCard) -> Tier:
    """The cheapest tier that includes this platform agent."""
    level, rank = AgentLevel(agent.level), agent.platform_rank or 0
    return get_plan_of_agent(level, rank)


def tier_name(tier: Tier | str, locale: Locale) -> str:
    found = tier if isinstance(tier, Tier) else get_tier(tier)
    return translate(locale, found.name)


def country_names(locale: Locale) -> list[tuple[str, str]]:
    """Codes and names of all countries with payouts, ordered by name."""
    names = BabelLocale(locale).territories
    return sorted(
        ((code, names[code.upper()]) for code in COUNTRIES), key=lambda pair: _fold(pair[1])
    )


def _fold(name: str) -> str:
    return name.replace("É", "E").replace("Î", "I").lower()


def sphere_choices(locale: Locale) -> list[tuple[str, str]]:
    """Starts with no sphere, because a sphere is optional."""
    return [("", "–"), *((sphere.code, sphere.name(locale)) for sphere in SPHERES)]


def level_choices(locale: Locale) -> list[tuple[str, str]]:
    return [(level, f"{level} · {translate(locale, text)}") for level, text in LEVELS.items()]


def price_choices(locale: Locale) -> list[tuple[str, str]]:
    return [(kind, translate(locale, text)) for kind, text in OWN_PRICE_TYPES.items()]


def price_range(kind: str, locale: Locale) -> str:
    return describe_range(PriceType(kind), locale)
