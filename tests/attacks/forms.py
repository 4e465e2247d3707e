"""Valid values for every form of the storefront, so that a forged request would change
something.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tests.attacks.replayed import SEEN
from tests.attacks.world import World
from tests.people import MANIFEST, PASSWORD

LISTING = {
    "name": "Autre nom",
    "tagline": "Autre promesse.",
    "description": "Autre texte.",
    "capabilities": "planning",
    "language": "fr",
    "minutes": "10",
}
PRICED = {"price_type": "ONE_TIME", "price": "12.00"}
STATEMENT = {"name": "Forged", "contract": "CHENU-0009", "email": "forged@example.org"}
REPORT = {
    "ground": "OTHER",
    "body": "A forged report of somebody’s.",
    "email": "",
    "idempotency_key": "forged-6",
}
RETURNED = {"reason": "Forged.", "confirmed": "yes", "idempotency_key": "forged-5"}
_SAML = {"name": "Forged", "metadata": "<x/>", "default_role": "MEMBER"}
_OIDC = {
    "name": "Forged",
    "issuer": "https://id.forged.fr",
    "client_id": "forged",
    "default_role": "BILLING",
}
VERSION = {"number": "3.0.0", "changelog": "New.", "manifest": json.dumps(MANIFEST)}


@dataclass(frozen=True)
class Filled:
    """`by` is the person whose browser is attacked.

    `moves` False: even a genuine form changes no row.
    """

    by: str
    fields: Mapping[str, str]
    moves: bool = True


def filled_forms(world: World, seen_at: str) -> dict[str, Filled]:
    """By path. `seen_at` is when the version under review was submitted."""
    agent = "/creator/agents/{agent_id:uuid}"
    picture = f"{agent}/pictures/{{picture:str}}"
    affiliate = "/staff/affiliates/{affiliate_id:uuid}"
    webhook = "/account/webhooks/{endpoint_id:uuid}"
    sso = "/account/sign-in/connections/{connection_id:uuid}"
    domain = "/account/sign-in/domains/{domain_id:uuid}"
    return {
        "/account/sessions/{session_id:uuid}/revoke": Filled("buyer", {}),
        "/sign-in": Filled("buyer", {"email": "atelier@example.org", "password": PASSWORD}),
        "/sign-in/code": Filled("buyer", {"token": "x", "code": "000000"}, moves=False),
        "/account/security/begin": Filled("buyer", {}),
        "/account/security/confirm": Filled("buyer", {"code": "000000"}, moves=False),
        "/account/security/codes": Filled("buyer", {}, moves=False),
        "/account/security/off": Filled("buyer", {}, moves=False),
        "/sign-in/again": Filled("buyer", {"again_password": PASSWORD}),
        "/sign-up": Filled(
            "buyer",
            {
                "email": "new@example.org",
                "password": "long enough for us",
                "display_name": "New",
                "tier": "PRO",
                "interval": "MONTH",
            },
        ),
        "/password/forgot": Filled("buyer", {"email": "buyer@example.org"}),
        "/password/reset": Filled("buyer", {"token": "x", "new_password": PASSWORD}, moves=False),
        "/email/verify": Filled("buyer", {"token": "x"}, moves=False),
        "/email/cancel": Filled("buyer", {"token": "x"}, moves=False),
        "/language": Filled("buyer", {"locale": "en", "next": "/"}),
        "/account/profile": Filled("buyer", {"display_name": "Somebody"}),
        "/account/token-limits": Filled(
            "buyer", {"subject": f"agent:{world.rows['agent on sale']}", "hard": "7"}
        ),
        "/account/token-limits/{limit_id:uuid}/remove": Filled("buyer", {}),
        "/account/brand": Filled("buyer", {"name": "Acme"}),
        "/account/brand/logo": Filled("buyer", {}, moves=False),
        "/account/brand/icon": Filled("buyer", {}, moves=False),
        "/account/brand/logo/remove": Filled("buyer", {}),
        "/account/brand/icon/remove": Filled("buyer", {}),
        "/account/brand/hosts": Filled("buyer", {"name": "other.buyer.fr"}),
        "/account/brand/hosts/{host_id:uuid}/prove": Filled("buyer", {}, moves=False),
        "/account/brand/hosts/{host_id:uuid}/remove": Filled("buyer", {}),
        "/account/brand/remove": Filled("buyer", {}),
        "/library/{grant_id:uuid}/away": Filled("buyer", {}),
        "/library/{grant_id:uuid}/back": Filled("buyer", {}, moves=False),
        "/library/{grant_id:uuid}/update": Filled(
            "buyer", {"version": str(world.rows["newer version"])}
        ),
        "/account/mail": Filled("buyer", {"topic": "TIPS"}),
        "/mail/unsubscribe": Filled("buyer", {"token": "x"}, moves=False),
        "/account/plan/start": Filled(
            "other buyer",
            {"tier": "PRO", "interval": "MONTH", "trial": "yes", "idempotency_key": "forged-1"},
        ),
        "/tokens/packs/{code:str}/buy": Filled("other buyer", {"idempotency_key": "forged-2"}),
        "/tokens/orders/{pack_order_id:uuid}/refund": Filled(
            "buyer", {"expected_amount": "900", "idempotency_key": "forged-3"}
        ),
        "/account/plan/cancel": Filled("buyer", {"idempotency_key": "forged"}),
        "/account/plan/resume": Filled("buyer", {}, moves=False),
        "/account/api-plan/start": Filled(
            "other buyer", {"plan": "BASIC", "idempotency_key": "forged-7"}
        ),
        "/account/api-plan/cancel": Filled("buyer", {"idempotency_key": "forged"}, moves=False),
        "/account/api-plan/resume": Filled("buyer", {"idempotency_key": "forged"}, moves=False),
        "/account/api-plan/change": Filled(
            "buyer",
            {
                "plan": "PRO",
                "proration_date": "1800000000",
                "expected_due_now": "1",
                "idempotency_key": "forged",
            },
            moves=False,
        ),
        "/account/api-plan/card": Filled("buyer", {}, moves=False),
        "/account/billing": Filled("buyer", {"name": "Forged SARL"}),
        "/roi/settings": Filled("buyer", {"hourly_rate": "45.00", "minutes": "20"}),
        "/account/plan/change": Filled(
            "buyer",
            {
                "tier": "BUSINESS",
                "interval": "MONTH",
                "proration_date": "1800000000",
                "expected_due_now": "1",
                "idempotency_key": "forged",
            },
            moves=False,
        ),
        "/account/plan/portal": Filled("buyer", {}, moves=False),
        "/account/plan/card": Filled("buyer", {}, moves=False),
        "/account/switch": Filled("buyer", {"account": str(world.rows["account"])}),
        "/account/members/invite": Filled(
            "buyer", {"email": "forged@example.org", "role": "MEMBER"}
        ),
        "/account/invitations/{invitation_id:uuid}/resend": Filled("buyer", {}),
        "/account/invitations/{invitation_id:uuid}/revoke": Filled("buyer", {}),
        "/account/members/{member_id:uuid}/role": Filled("buyer", {"role": "BILLING"}),
        "/account/members/hand-over": Filled(
            "buyer",
            {"member": str(world.rows["member"]), "current_password": "wrong"},
            moves=False,
        ),
        "/account/members/{member_id:uuid}/remove": Filled("buyer", {}),
        "/account/members/name": Filled("buyer", {"name": "Forged"}),
        "/account/members/leave": Filled("buyer", {}, moves=False),
        "/invitation": Filled("buyer", {"token": "x"}, moves=False),
        "/account/privacy/export": Filled("buyer", {}),
        "/account/privacy/download": Filled("buyer", {}, moves=False),
        "/account/password": Filled(
            "buyer", {"current_password": PASSWORD, "new_password": "another good one"}
        ),
        "/account/verify": Filled("buyer", {}, moves=False),
        "/account/api-keys": Filled("buyer", {"name": "stolen", "scopes": "READ"}),
        "/account/api-keys/{key_id:uuid}/rotate": Filled("buyer", {}),
        "/account/sign-in/domains": Filled("buyer", {"name": "forged.fr"}, moves=False),
        f"{domain}/prove": Filled("buyer", {}, moves=False),
        f"{domain}/remove": Filled("buyer", {}),
        "/account/sign-in/connections": Filled("buyer", _OIDC, moves=False),
        sso: Filled("buyer", _OIDC, moves=False),
        f"{sso}/saml": Filled("buyer", _SAML, moves=False),
        "/account/sign-in/saml": Filled("buyer", _SAML, moves=False),
        f"{sso}/on": Filled("buyer", {}, moves=False),
        f"{sso}/require": Filled("buyer", {}, moves=False),
        f"{sso}/optional": Filled("buyer", {}),
        f"{sso}/off": Filled("buyer", {}),
        f"{sso}/token": Filled("buyer", {}, moves=False),
        f"{sso}/token/revoke": Filled("buyer", {}),
        f"{sso}/remove": Filled("buyer", {}),
        "/sign-in/join": Filled("buyer", {"token": "x", "password": "x"}, moves=False),
        "/account/webhooks": Filled(
            "buyer", {"url": "http://127.0.0.1:8/forged", "kinds": "invoice.paid"}
        ),
        f"{webhook}/events": Filled("buyer", {"kinds": "tokens.low"}),
        f"{webhook}/rotate": Filled("buyer", {}),
        f"{webhook}/off": Filled("buyer", {}),
        f"{webhook}/on": Filled("buyer", {"send_held": "on"}),
        f"{webhook}/test": Filled("buyer", {}),
        f"{webhook}/deliveries/{{delivery_id:uuid}}/again": Filled("buyer", {}),
        f"{webhook}/delete": Filled("buyer", {}),
        "/staff/payments/webhooks/{delivery_id:uuid}/replay": Filled(
            "finance", {"seen": str(world.rows["delivery seen"]), "reason": "Forged."}
        ),
        "/account/api-keys/{key_id:uuid}/revoke": Filled("buyer", {}),
        "/account/sessions/revoke-others": Filled("buyer", {}),
        "/agents/{slug:str}/manifest": Filled("buyer", {}),
        "/agents/{slug:str}/try": Filled(
            "buyer", {"max_tokens": "20", "idempotency_key": "forged run"}
        ),
        "/agents/{slug:str}/buy": Filled(
            "other buyer",
            {
                "expected_amount": "900",
                "accept_immediate_supply": "on",
                "idempotency_key": "forged",
            },
        ),
        "/agents/{slug:str}/reviews": Filled("buyer", {"rating": "5", "body": "Forged."}),
        "/agents/{slug:str}/report": Filled("buyer", REPORT),
        "/reviews/{review_id:uuid}/report": Filled("buyer", REPORT),
        "/staff/reports/{case_id:uuid}/decide": Filled(
            "reviewer", {"outcome": "DISMISSED", "reason": "Forged."}
        ),
        "/staff/reports/{case_id:uuid}/remove": Filled(
            "reviewer", {"ground": "TERMS", "reason": "Forged."}
        ),
        "/staff/reports/{case_id:uuid}/restore": Filled("reviewer", {"reason": "Forged."}),
        "/creator/reviews/{review_id:uuid}": Filled("creator", {"body": "Forged."}),
        "/purchases/{purchase_id:uuid}/cancel": Filled("buyer", {}, moves=False),
        "/purchases/{purchase_id:uuid}/resume": Filled("buyer", {}, moves=False),
        "/creator/sales/{sale_id:uuid}/refund": Filled("creator", {**RETURNED, "amount": "1.00"}),
        "/staff/sales/{sale_id:uuid}/refund": Filled("support", {**RETURNED, "amount": "2.00"}),
        "/purchases/{purchase_id:uuid}/refund": Filled(
            "buyer", {"expected_amount": "600", "idempotency_key": "forged-4"}, moves=False
        ),  # it was opened before
        "/affiliate/country": Filled("affiliate", {"country": "fr"}),
        "/creator/join": Filled(
            "other buyer",
            {"handle": "forged-one", "display_name": "Forged", "bio": "", "country": "fr"},
        ),
        "/creator/legal": Filled(
            "creator",
            {
                "legal_name": "Forged",
                "line1": "1",
                "city": "Forged",
                "country": "fr",
                "tax_number": "12345",
                "agrees": "on",
            },
        ),
        "/creator/profile": Filled("creator", {"display_name": "Forged", "bio": "Forged."}),
        "/creator/agents/new": Filled("creator", {**LISTING, **PRICED, **VERSION, "level": "L1"}),
        "/creator/agents/begin": Filled("creator", {"name": "Forged", "level": "L1"}),
        "/creator/agents/preview": Filled("creator", {"description": "x"}, moves=False),
        agent: Filled("creator", LISTING),
        f"{agent}/price": Filled("creator", PRICED),
        f"{agent}/version": Filled("creator", VERSION),
        f"{agent}/icon": Filled("creator", {}, moves=False),
        f"{agent}/screenshots": Filled("creator", {"alt": "Forged."}, moves=False),
        f"{picture}/alt": Filled("creator", {"alt": "Forged."}),
        f"{picture}/move": Filled("creator", {}),
        f"{picture}/remove": Filled("creator", {}),
        f"{agent}/submit": Filled("creator", {}),
        "/staff/agents/{agent_id:uuid}/decide": Filled(
            "reviewer", {"decision": "approve", "reason": "Read.", "seen_at": seen_at}
        ),
        "/staff/agents/{agent_id:uuid}/suspend": Filled(
            "reviewer", {"ground": "SECURITY", "reason": "Forged."}
        ),
        "/staff/agents/{agent_id:uuid}/reinstate": Filled("reviewer", {"reason": "Forged."}),
        "/decisions/{decision_id:uuid}/appeal": Filled("creator", {"body": "Forged."}),
        "/staff/appeals/{appeal_id:uuid}/decide": Filled(
            "reviewer", {"decision": "uphold", "reason": "Forged."}
        ),
        "/staff/customers/{account_id:uuid}/overrides": Filled(
            "support", {"feature": "THREADS", "access": "on", "limit": "900", "reason": "Forged."}
        ),
        "/staff/customers/{account_id:uuid}/impersonate": Filled("support", {"reason": "Forged."}),
        "/staff/customers/{account_id:uuid}/names": Filled(
            "support",
            {
                "name": str(world.rows["claimed host"]),
                "decision": "confirm",
                "reason": "Forged.",
            },
        ),
        "/impersonation/leave": Filled("buyer", {}, moves=False),
        "/staff/customers/{account_id:uuid}/overrides/remove": Filled(
            "support", {"feature": "THREADS", "reason": "Forged."}
        ),
        "/account/withdraw": Filled("buyer", STATEMENT, moves=False),
        "/account/withdraw/confirm": Filled("buyer", STATEMENT),
        "/account/withdraw/{subject_id:uuid}": Filled("buyer", {}),
        "/staff/withdrawals/{statement_id:uuid}/execute": Filled(
            "support",
            {"contract_id": str(world.rows["plan"]), "reason": "Forged."},
            moves=False,
        ),  # its owner has just withdrawn from it
        "/staff/withdrawals/{statement_id:uuid}/refuse": Filled("support", {"reason": "Forged."}),
        "/staff/invoices/{invoice_id:uuid}/refund": Filled(
            "support", {"amount": "1.00", "reason": "Forged.", "idempotency_key": "forged"}
        ),
        "/staff/refunds/{refund_id:uuid}/decide": Filled(
            "support", {"decision": "reject", "reason": "Forged."}
        ),
        "/staff/refunds/sales/{waiting_id:uuid}/decide": Filled(
            "support", {"decision": "reject", "reason": "Forged."}
        ),
        "/staff/warnings/{warning_id:uuid}": Filled("support", {"decision": "Forged."}),
        "/creator/disputes/{sale_id:uuid}": Filled(
            "creator", {"text": "Forged.", "key": "forged-4"}
        ),
        "/staff/featured": Filled(
            "reviewer", {"slug": world.agent.slug, "place": "1", "reason": "Forged."}
        ),
        "/staff/featured/{agent_id:uuid}/remove": Filled(
            "reviewer", {"reason": "Forged."}, moves=False
        ),
        "/staff/coupons": Filled(
            "finance",
            {"code": "FORGED", "percent_off": "50", "duration": "ONCE", "reason": "Forged."},
        ),
        **{
            f"/staff/payments/{path}/replay": Filled(
                "finance", {"seen": SEEN[thing], "reason": "Forged."}
            )
            for path, thing in (
                ("operations/{operation_id:uuid}", "operation"),
                ("events/{event_id:str}", "event"),
                ("jobs/{job_id:int}", "job"),
                ("tasks/{task:str}", "task"),
                ("mails/{mail_id:uuid}", "mail"),
            )
        },
        "/staff/revenue/costs": Filled(
            "finance",
            {"month": "2026-01", "channel": "forged", "amount": "9,00", "reason": "Forged."},
        ),
        "/staff/coupons/deactivate": Filled("finance", {"code": "WORLD50", "reason": "Forged."}),
        f"{affiliate}/customers": Filled(
            "finance", {"customer": "reviewing@example.org", "reason": "Forged."}
        ),
        "/staff/affiliates/payouts/run": Filled(
            "finance", {"month": "2026-01", "idempotency_key": "run", "reason": "Forged."}
        ),
        f"{affiliate}/suspend": Filled("finance", {"reason": "Forged."}),
        f"{affiliate}/reinstate": Filled("finance", {"reason": "Forged."}),
        "/staff/referrals/{referral_id:uuid}/hold": Filled("finance", {"reason": "Forged."}),
        "/staff/referrals/{referral_id:uuid}/release": Filled("finance", {"reason": "Forged."}),
        "/affiliates/join": Filled("buyer", {}),
        "/affiliates/consent": Filled("buyer", {"link": "x", "answer": "yes"}, moves=False),
        "/enterprise": Filled(
            "buyer",
            {
                "name": "Forged",
                "company": "Forged",
                "email": "forged@example.org",
                "message": "Forged.",
            },
        ),
        "/staff/inquiries/{inquiry_id:uuid}/close": Filled("support", {"reason": "Forged."}),
        "/staff/customers/{account_id:uuid}/contracts": Filled(
            "finance",
            {
                "reference": "Forged",
                "amount": "100",
                "billing_interval": "MONTH",
                "starts_at": "2090-01-01",
                "ends_at": "2091-01-01",
                "reason": "Forged.",
            },
        ),
        "/staff/contracts/{contract_id:uuid}/end": Filled("finance", {"reason": "Forged."}),
        "/staff/contracts/{contract_id:uuid}/credit": Filled(
            "finance", {"month": "2026-01", "reason": "Forged."}
        ),
        "/staff/contracts/{contract_id:uuid}/credit/refuse": Filled(
            "finance", {"month": "2026-01", "reason": "Forged."}
        ),
        "/staff/contracts/{contract_id:uuid}/credit/take-back": Filled(
            "finance", {"month": "2026-01", "reason": "Forged."}
        ),
        "/staff/incidents": Filled(
            "support",
            {
                **dict.fromkeys(("title_fr", "title_en", "text_fr", "text_en"), "Forged"),
                "began_at": "2026-01-01T12:00",
                "reason": "Forged.",
            },
        ),
        "/staff/incidents/{incident_id:uuid}": Filled(
            "support", {"text_fr": "Forged", "text_en": "Forged", "reason": "Forged."}
        ),
        "/staff/maintenance": Filled(
            "finance",
            {
                **dict.fromkeys(("title_fr", "title_en"), "Forged"),
                "starts_at": "2090-01-01T12:00",
                "ends_at": "2090-01-01T13:00",
                "reason": "Forged.",
            },
        ),
        "/staff/maintenance/{maintenance_id:uuid}/end": Filled("finance", {"reason": "Forged."}),
        "/support": Filled("buyer", {"subject": "Forged", "body": "Forged."}),
        "/staff/support/{request_id:uuid}/answer": Filled(
            "support", {"answer": "Forged.", "reason": "Forged."}
        ),
        "/staff/support/{request_id:uuid}/close": Filled("support", {"reason": "Forged."}),
        f"{agent}/archive": Filled("creator", {}),
        "/account/privacy/delete": Filled(
            "other creator", {"current_password": PASSWORD, "confirmation": "DELETE"}
        ),
        "/sign-out": Filled("buyer", {}),
    }
