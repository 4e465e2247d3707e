"""Which pages staff may open while they see a customer's: those named here, and no others.

A page that a route adds is closed until it is named on one of the two lists, which a test compares
with the routes.
"""

from collections.abc import Iterable

from chenu.accounts.errors import ReadOnly
from chenu.accounts.request_context import LEAVE_PATH

VIEWABLE = frozenset(
    {
        LEAVE_PATH,
        *("/", "/agents", "/agents/{slug:str}", "/agents/{slug:str}/api"),
        *("/agents/{slug:str}/reviews", "/agents/{slug:str}/versions", "/creators/{handle:str}"),
        *(
            "/pricing",
            "/developers",
            "/enterprise",
            "/terms",
            "/privacy",
            "/imprint",
            "/affiliates",
            "/status",
            "/status.json",
        ),
        *("/support", "/account/withdraw", "/account/withdraw/{subject_id:uuid}"),
        *("/agents/{slug:str}/report", "/reviews/{review_id:uuid}/report"),
        *("/account", "/account/plan", "/account/plan/change", "/account/invoices"),
        *("/account/billing", "/account/mail", "/account/members", "/account/token-limits"),
        "/account/sla",
        *("/account/api-plan", "/account/api-plan/change"),
        "/sign-in/provider/{connection_id:uuid}/metadata",
        *("/account/sign-in", "/account/sign-in/connections/{connection_id:uuid}"),
        *("/account/brand", "/account/brand/preview.css"),
        *("/account/webhooks", "/account/webhooks/{endpoint_id:uuid}"),
        *("/library", "/library/{grant_id:uuid}/update", "/roi", "/roi/how"),
        *("/tokens", "/tokens/meter", "/tokens/statement", "/tokens/packs/{code:str}"),
        *("/creator", "/creator/agents/new", "/creator/agents/{agent_id:uuid}", "/creator/join"),
        *("/creator/agents/{agent_id:uuid}/preview", "/creator/disputes", "/creator/earnings"),
        *("/creator/sales/{sale_id:uuid}", "/decisions/{decision_id:uuid}", "/affiliate"),
        *("/affiliate/link.png", "/affiliate/link.svg"),
        *(
            "/favicon.svg",
            "/brand/{name:str}",
            "/icons/{name:str}",
            "/media/{picture:str}",
            "/static/{name:path}",
        ),
        *("/robots.txt", "/sitemap.xml", "/schemas/agent-manifest-1.json"),
    }
)
CLOSED = {
    "/email/verify": "a link of a mail",
    "/email/cancel": "a link of a mail",
    "/invitation": "a link of a mail",
    "/sign-in/join": "a link of a mail",
    "/sign-in/provider/{connection_id:uuid}": "another session",
    "/sign-in/provider/{connection_id:uuid}/callback": "another session",
    "/sign-in/provider/{connection_id:uuid}/saml": "another session",
    "/account/sign-in/connections/{connection_id:uuid}/try": "a sign-in at a provider",
    "/mail/unsubscribe": "a link of a mail",
    "/password/forgot": "the way to another password",
    "/password/reset": "a link of a mail",
    "/reports/{receipt:str}": "a link of a mail",
    "/sign-in": "another session",
    "/sign-in/again": "the password",
    "/sign-in/again/provider": "the password",
    "/sign-in/again/done": "the password",
    "/sign-up": "another session",
    "/account/security": "the secret of the second factor",
    "/account/privacy": "the copy of all data",
    "/account/invoices/{file:str}": "a download",
    "/account/plan/card": "Stripe's page for a card",
    "/account/api-plan/card": "Stripe's page for a card",
    "/account/plan/orders/{order_id:uuid}": "settles what was paid",
    "/account/api-plan/orders/{order_id:uuid}": "settles what was paid",
    "/tokens/orders/{pack_order_id:uuid}": "settles what was paid",
    "/tokens/orders/{pack_order_id:uuid}/refund": "settles what was paid",
    "/purchases/{purchase_id:uuid}": "settles what was paid",
    "/purchases/{purchase_id:uuid}/refund": "settles what was paid",
    "/tokens/statement.csv": "a download",
    "/roi/export.csv": "a download",
    "/roi/export.pdf": "a download",
    "/agents/{slug:str}/manifest": "a download, and the first use of what was bought",
    "/affiliate/commissions.csv": "a download",
    "/affiliate/statements/{statement_number:str}": "names and tax numbers of whoever is paid",
    "/affiliate/onboarding": "payout settings at Stripe",
    "/affiliate/onboarding/account": "payout settings at Stripe",
    "/affiliate/onboarding/return": "payout settings at Stripe",
    "/creator/earnings.csv": "a download",
    "/creator/legal": "names and tax numbers of whoever is paid",
    "/creator/statements/{bill_id:uuid}": "names and tax numbers of whoever is paid",
    "/creator/statements/{bill_id:uuid}/pdf": "a download",
    "/creator/onboarding": "payout settings at Stripe",
    "/creator/onboarding/account": "payout settings at Stripe",
    "/creator/onboarding/return": "payout settings at Stripe",
}
"""Why each of the others is not open to them."""


def require_viewable(paths: Iterable[str]) -> None:
    """`paths` are of one handler. Raises ReadOnly."""
    if not VIEWABLE.issuperset(paths):
        raise ReadOnly
