"""Writes hostile texts into a store, past every validation."""

from collections.abc import Sequence

import msgspec

from chenu.agents.markdown import render_markdown
from chenu.billing.recurring import InvoiceLine
from chenu.core.clock import business_now
from chenu.core.money import Cents
from tests.attacks.infected import Store
from tests.billing.recurring import BEGAN, ENDS
from tests.people import MANIFEST
from tests.rows import put
from tests.storefront.token_lives import run


async def infect(store: Store, payloads: Sequence[str]) -> str:
    """Writes the payloads into every text that users can write.

    Single-line where one line is stored.
    """
    line, lines = " ".join(payloads), "\n\n".join(payloads)
    await _infect_agents(store, payloads)
    await put("creator", "display_name", line)
    await put("creator", "bio", lines)
    await put("app_user", "display_name", line)
    await put("app_user", "locale", "en")
    await put("user_session", "user_agent", line)
    await put("account", "name", line)
    for column in ("name", "line1", "line2", "postal_code", "city", "tax_id"):
        await put("billing_details", column, line)
    await put("invoice", "number", line)
    await put("invoice", "lines", _lines(line))
    await put("entitlement_override", "reason", lines)
    await put("enterprise_contract", "reference", line)
    await put("enterprise_contract", "end_reason", lines)
    for column in ("name", "company", "email"):
        await put("enterprise_inquiry", column, line)
    await put("enterprise_inquiry", "message", lines)
    await put("access_grant", "revoked_reason", line)
    await put("affiliate", "status", "SUSPENDED")
    await put("affiliate", "suspended_at", business_now())
    await put("affiliate", "suspension_reason", lines)
    await put("referral", "reason", lines)
    await _infect_outages(line)
    await _infect_webhooks(line, lines)
    await _infect_connections(line)
    await _infect_payments(store, line, lines)
    return line


async def _infect_connections(line: str) -> None:
    for column in ("name", "issuer", "client_id", "role_claim"):
        await put("sso_connection", column, line)
    await put("domain_name", "name", line)
    await put("scim_token", "prefix", line)


async def _infect_outages(line: str) -> None:
    """Updates stay as they were written: they are append-only, and escaped as titles are."""
    for table in ("incident", "maintenance"):
        for column in ("title_fr", "title_en"):
            await put(table, column, line)


async def _infect_webhooks(line: str, lines: str) -> None:
    """The log has a payload of ours, and what another server answered."""
    await put("webhook_endpoint", "url", line)
    await put("webhook_attempt", "answer", lines)
    await put("outgoing_event", "payload", msgspec.json.encode({line: lines}).decode())


async def _infect_agents(store: Store, payloads: Sequence[str]) -> None:
    line, lines = " ".join(payloads), "\n\n".join(payloads)
    manifest = {**MANIFEST, "name": line, "systemPrompt": lines, 'x"><b>': list(payloads)}
    for column in ("name", "tagline"):
        await put("agent", column, line)
    await put("agent", "description", lines)
    await put("agent", "description_html", render_markdown(lines))
    await put("agent", "capabilities", list(payloads))
    await put("agent", "permissions", list(payloads))
    await put("agent", "status", "REJECTED", "id = $2", store.draft.id)
    await put("agent", "rejection_reason", lines)
    await put("agent_version", "changelog", lines)
    await put("agent_version", "manifest", msgspec.json.encode(manifest).decode())
    media = {"screenshots": [{"hash": "0" * 64, "alt": line, "width": 1, "height": 1}]}
    await put("agent", "media", msgspec.json.encode(media).decode())
    changed: dict[str, object] = {"name": line, "tagline": line, "description": lines}
    changed |= {"capabilities": [line], "media": media}
    await put("agent_change", "fields", msgspec.json.encode(changed).decode())


async def _infect_payments(store: Store, line: str, lines: str) -> None:
    """Decisions, reviews, coupons, legal details, and what programs write into statements."""
    await put("moderation_decision", "facts", lines)
    await put("moderation_decision", "subject_name", line)
    await put("appeal", "body", lines)
    for column in ("legal_name", "line1", "line2", "postal_code", "city", "tax_number"):
        await put("creator_legal_details", column, line)
    for column in ("body", "reply"):
        await put("agent_review", column, lines)
    await put("content_report", "body", lines)
    await put("coupon", "code", line.upper())
    await put("acquisition_cost", "channel", line)
    await run(store.people["buyer"], 1, store.agent.id, reason=lines)


def _lines(text: str) -> str:
    """As Stripe describes them: with the name of what was bought."""
    return msgspec.json.encode([InvoiceLine(text, Cents(900), BEGAN, ENDS)]).decode()
