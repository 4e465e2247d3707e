"""The one implementation of the gateway: it calls Stripe, or the sandbox at another URL."""

from chenu.billing.stripe_cards import StripeCards
from chenu.billing.stripe_checkout import StripeCheckout
from chenu.billing.stripe_connect import StripeConnect
from chenu.billing.stripe_payments import StripePayments
from chenu.billing.stripe_projections import StripeProjections
from chenu.billing.stripe_recurring import StripeRecurring
from chenu.billing.stripe_renewals import StripeRenewals
from chenu.billing.stripe_reports import StripeReports


class LiveGateway(
    StripeProjections,
    StripeCheckout,
    StripePayments,
    StripeConnect,
    StripeRecurring,
    StripeCards,
    StripeRenewals,
    StripeReports,
):
    """Implements ports.Gateway."""
