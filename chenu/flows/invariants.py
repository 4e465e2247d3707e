"""What must always hold between sales, access, books and Stripe: `chenu ledger check`.

Numbers as in docs/money.md, "Invariants".
"""

from datetime import datetime

from chenu.core.errors import ProviderUnavailable
from chenu.core.i18n import mark
from chenu.flows.affiliate_invariants import AFFILIATES
from chenu.flows.dispute_invariants import DISPUTES
from chenu.flows.monthly_invariants import MONTHLY
from chenu.flows.pack_invariants import PACKS
from chenu.flows.plan_invariants import PLANS
from chenu.flows.revenue_invariants import REVENUE
from chenu.flows.run_invariants import RUNS
from chenu.flows.sale_invariants import SALES
from chenu.flows.second_person_invariants import SECOND_PERSONS
from chenu.flows.services import Services
from chenu.flows.sla_invariants import SLA
from chenu.flows.statement_invariants import STATEMENTS
from chenu.flows.stripe_balance import check_stripe
from chenu.flows.token_invariants import TOKENS
from chenu.ledger.invariants import Finding, check_all, check_ledger, finding

_OF_FEATURES = (
    *SALES,
    *MONTHLY,
    *PLANS,
    *PACKS,
    *DISPUTES,
    *RUNS,
    *STATEMENTS,
    *AFFILIATES,
    *REVENUE,
    *SECOND_PERSONS,
    *SLA,
)


async def check_books(*, whole: bool = True) -> list[Finding]:
    """Everything that our own rows can tell; not `whole` goes on from the last check's seal."""
    of_ledger = await check_ledger(whole=whole, more=TOKENS)
    return [*of_ledger, *await check_all(_OF_FEATURES)]


async def check_everything(services: Services, since: datetime) -> list[Finding]:
    """With I15 where Stripe answers; a silent Stripe is a finding of its own."""
    findings = await check_books()
    try:
        findings.append(await check_stripe(services.reports, since))
    except ProviderUnavailable:
        findings.append(finding("I15", mark("Stripe could be asked"), ["Stripe did not answer"]))
    return findings
