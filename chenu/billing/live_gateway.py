"""The one implementation of the gateway: it calls Stripe, or the sandbox at another URL."""

from chenu.billing.stripe_cards import StripeCards
from chenu.billing.stripe_changes import StripeChanges
from chenu.billing.stripe_checkout import StripeCheckout
from chenu.billing.stripe_connect import StripeConnect
from chenu.billing.stripe_coupons import StripeCoupons
from chenu.billing.stripe_disputes import StripeDisputes
from chenu.billing.stripe_documents import StripeDocuments
from chenu.billing.stripe_payments import StripePayments
from chenu.billing.stripe_payouts import StripePayouts
from chenu.billing.stripe_portal import StripePortal
from chenu.billing.stripe_projections import StripeProjections
from chenu.billing.stripe_recurring import StripeRecurring
from chenu.billing.stripe_refunds import StripeRefunds
from chenu.billing.stripe_renewals import StripeRenewals
from chenu.billing.stripe_reports import StripeReports
from chenu.billing.stripe_tax_ids import StripeTaxIds


class LiveGateway(
    StripeProjections,
    StripeTaxIds,
    StripeCheckout,
    StripePayments,
    StripeConnect,
    StripePayouts,
    StripeRecurring,
    StripeRefunds,
    StripeDisputes,
    StripeDocuments,
    StripeCoupons,
    StripeChanges,
    StripePortal,
    StripeCards,
    StripeRenewals,
    StripeReports,
):
    """Implements ports.Gateway."""
