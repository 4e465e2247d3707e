"""What the tables of webhooks hold of a person: the endpoints of their accounts."""

from chenu.core.personal_data import Delete, PersonalData, Rule

_ENDPOINTS = "SELECT id FROM webhook_endpoint WHERE account = ANY(@accounts)"
_DELIVERIES = f"SELECT id FROM webhook_delivery WHERE endpoint IN ({_ENDPOINTS})"  # noqa: S608 - own text
_SECRET = "what signs webhooks"  # noqa: S105 - a reason
_SENDING = "how sending goes"

RULES: tuple[Rule, ...] = (
    PersonalData(
        "webhook_attempt",
        f"delivery IN ({_DELIVERIES})",
        ("id", "delivery", "attempted_at", "status", "error", "milliseconds", "answer"),
        erasure=(Delete(),),
    ),
    PersonalData(
        "webhook_delivery",
        f"endpoint IN ({_ENDPOINTS})",
        ("id", "endpoint", "event", "state", "created_at", "delivered_at"),
        {"position": _SENDING},
        (Delete(),),
    ),
    PersonalData(
        "outgoing_event",
        "account = ANY(@accounts)",
        ("id", "account", "kind", "payload", "occurred_at"),
        {"business_key": "what the event is about, as ids of ours"},
        (Delete(),),
    ),
    PersonalData(
        "webhook_endpoint",
        "account = ANY(@accounts)",
        (
            *("id", "account", "url", "kinds", "state", "off_reason", "switched_off_at"),
            *("failures", "created_at"),
        ),
        {
            "secret": _SECRET,
            "previous_secret": _SECRET,
            "previous_until": _SECRET,
            "next_attempt_at": _SENDING,
            "claimed_by": _SENDING,
            "claimed_until": _SENDING,
        },
        (Delete(),),
    ),
)
