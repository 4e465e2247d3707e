"""Creates the demo's products, prices and webhooks at the sandbox, and stores the signing
secrets.
"""

from chenu.billing.stripe_catalogue import StripeCatalogue
from chenu.demo.state import DemoState
from chenu.flows.composition import EVENTS
from chenu.flows.mirrors.bootstrap import bootstrap_stripe
from chenu.settings import Settings


async def bootstrap(settings: Settings, state: DemoState) -> None:
    """As `chenu bootstrap-stripe`.

    A signing secret is shown only once, so it is stored in the state.
    """
    stripe = StripeCatalogue(settings.stripe)
    try:
        outcomes = await bootstrap_stripe(stripe, settings.public_url, EVENTS)
    finally:
        await stripe.close()
    for outcome in outcomes:
        if outcome.secret and outcome.what.endswith("snapshot"):
            state.webhook_secret = outcome.secret
        elif outcome.secret and outcome.what.endswith("connect"):
            state.connect_secret = outcome.secret
        elif outcome.secret:
            state.thin_secret = outcome.secret
