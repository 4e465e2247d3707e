"""Connected accounts (Accounts v2 as recipients): states, and their v1 and v2 views."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError, missing
from chenu.sandbox.engine.expand import presents
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import PLATFORM, Record
from chenu.sandbox.engine.thin_events import emit_thin
from chenu.sandbox.engine.unit_of_work import UnitOfWork

CAPABILITY = "stripe_balance.stripe_transfers"
INCLUDABLE = {
    "configuration.recipient": "configuration",
    "defaults": "defaults",
    "future_requirements": "future_requirements",
    "identity": "identity",
    "requirements": "requirements",
}
"""Sections that are null unless a request includes them, by the name to include."""
_DETAILS = {
    "active": [],
    "pending": [{"code": "requirements_pending_verification", "resolution": "no_resolution"}],
    "restricted": [{"code": "requirements_past_due", "resolution": "provide_info"}],
    "rejected": [{"code": "rejected_other", "resolution": "contact_stripe"}],
}
STATUSES = tuple(_DETAILS)
_FIELDS_DUE = (
    ("identity.individual.given_name", "individual.first_name"),
    ("identity.individual.surname", "individual.last_name"),
    ("identity.individual.date_of_birth", "individual.dob.day"),
    ("identity.attestations.terms_of_service", "tos_acceptance.date"),
    ("defaults.payout_methods", "external_account"),
)
"""What onboarding asks for: names of API v2 and of API v1."""
_V1_CAPABILITY = {"active": "active", "pending": "pending"}
_V1_REASON = {
    "pending": "requirements.pending_verification",
    "restricted": "requirements.past_due",
    "rejected": "rejected.other",
}


def get_account(unit: UnitOfWork, account_id: str, param: str | None = None) -> Record:
    """A connected account, also a closed one; raises ApiError. `param` is what named it."""
    record = unit.store.find("v2.core.account", account_id, PLATFORM)
    if record is None:
        raise missing(param or "account", account_id, param)
    if record.internal.get("deauthorized"):
        raise ApiError(
            f"The provided key does not have access to account '{account_id}' (or that account"
            " does not exist). Application access may have been revoked.",
            status=403,
            code="account_invalid",
        )
    return record


def close_account(unit: UnitOfWork, account: Record) -> None:
    """For good: what is left tells nothing about a person; metadata is the platform's and stays."""
    account.body |= {"closed": True, "contact_email": None, "contact_phone": None}
    account.body |= {"display_name": None, "identity": None}
    unit.save(account)
    emit_thin(unit, "v2.core.account.closed", related=reference(account.id), account=account.id)


def deauthorize(unit: UnitOfWork, account: Record) -> None:
    account.internal["deauthorized"] = True
    unit.save(account)
    application = {"id": "ca_sandbox", "object": "application", "name": "CHE·NU"}
    unit.on(account.id).emit("account.application.deauthorized", application)


def transfers_status(account: Record) -> str:
    """Status of the capability to receive transfers; `none` when it was never requested."""
    return str(account.internal["status"])


def v2_view(account: Record, include: list[str]) -> Json:
    """The account in API v2: sections that are not included are null, even if they have values."""
    body = copy_json(account.body)
    keep = {INCLUDABLE[name] for name in include if name in INCLUDABLE}
    for section in set(INCLUDABLE.values()) - keep:
        body[section] = None
    return body


def refresh_body(account: Record) -> None:
    """Update the parts of the body that depend on the capability's status."""
    status = transfers_status(account)
    body = account.body
    recipient: Json = {"applied": True, "capabilities": None}
    if status != "none":
        state = {"status": status, "status_details": _DETAILS[status]}
        recipient["capabilities"] = {
            "bank_accounts": None,
            "cards": None,
            "stripe_balance": {"payouts": state, "stripe_transfers": state},
        }
    applied = account.internal["recipient"]
    body["applied_configurations"] = ["recipient"] if applied else []
    body["configuration"] = {
        "customer": None,
        "merchant": None,
        "recipient": recipient if applied else None,
    }
    entries = [_entry(v2_name) for v2_name, _ in _FIELDS_DUE] if status == "restricted" else []
    deadline = {"minimum_deadline": {"status": "currently_due", "time": None}}
    body["requirements"] = {
        "alternatives": [],
        "entries": entries,
        "summary": deadline if entries else None,
    }


def _entry(field: str) -> Json:
    return {
        "awaiting_action_from": "user",
        "description": field,
        "errors": [],
        "impact": {
            "restricts_capabilities": [
                {
                    "capability": CAPABILITY,
                    "configuration": "recipient",
                    "deadline": {"status": "currently_due"},
                }
            ]
        },
        "minimum_deadline": {"status": "currently_due"},
        "reference": None,
        "requested_reasons": [{"code": "routine_onboarding"}],
    }


def set_status(unit: UnitOfWork, account: Record, status: str) -> None:
    """Change the capability's status and emit events; no event if the status stays the same."""
    before = transfers_status(account)
    if before == status:
        return
    account.internal["status"] = status
    account.internal["onboarded"] = account.internal["onboarded"] or status == "active"
    refresh_body(account)
    unit.save(account)
    related = reference(account.id)
    if "restricted" in (before, status):
        emit_thin(
            unit, "v2.core.account[requirements].updated", related=related, account=account.id
        )
    emit_thin(
        unit,
        "v2.core.account[configuration.recipient].capability_status_updated",
        related=related,
        account=account.id,
        data={"updated_capability": CAPABILITY},
        changes={"before": {"status": before}, "after": {"status": status}},
    )


def reference(account_id: str) -> Json:
    """The `related_object` of an event about an account."""
    return {
        "id": account_id,
        "type": "v2.core.account",
        "url": f"/v2/core/accounts/{account_id}",
    }


def announce_v1(unit: UnitOfWork, account: Record) -> None:
    """The snapshot event `account.updated` of connect scope."""
    unit.on(account.id).emit("account.updated", v1_view(unit, account), {})


@presents("account")
def v1_view(unit: UnitOfWork, account: Record) -> Json:
    """The account in API v1."""
    status = transfers_status(account)
    body, inside = account.body, account.internal
    due = [v1_name for _, v1_name in _FIELDS_DUE] if status == "restricted" else []
    face = shapes.new(
        "account",
        id=account.id,
        business_type=inside["entity_type"],
        charges_enabled=False,
        country=(inside["country"] or "").upper() or None,
        created=account.created,
        details_submitted=inside["onboarded"],
        email=body["contact_email"],
        metadata=body["metadata"] or {},
        payouts_enabled=status == "active",
    )
    face["capabilities"] = {"transfers": _V1_CAPABILITY.get(status, "inactive")}
    face["requirements"] |= {
        "currently_due": due,
        "disabled_reason": _V1_REASON.get(status),
        "eventually_due": due,
        "past_due": due,
    }
    banks = unit.store.select("bank_account", account.id)
    face["external_accounts"] |= {
        "data": [bank.body for bank in banks],
        "url": f"/v1/accounts/{account.id}/external_accounts",
    }
    return face
