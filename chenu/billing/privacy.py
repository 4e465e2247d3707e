"""What our copies of Stripe's data hold of people."""

from chenu.core.personal_data import (
    BOOKS,
    Blank,
    Delete,
    NoPersonalData,
    PersonalData,
    Rule,
    codes,
)

_MIRROR = "the number of Stripe's answer that the row is from"
_OF_ACCOUNT = "account = ANY(@accounts)"

RULES: tuple[Rule, ...] = (
    PersonalData(
        "trial_reminder",
        f"subscription IN (SELECT id FROM subscription WHERE {_OF_ACCOUNT})",  # noqa: S608 - texts of ours
        ("id", "subscription", "due_at", "done_at"),
        dict.fromkeys(("attempts", "last_error", "next_attempt_at"), "how sending went"),
        (Delete(),),
    ),
    PersonalData(
        "trial_card",
        f"""stripe_subscription_id IN
            (SELECT stripe_subscription_id FROM subscription WHERE {_OF_ACCOUNT})""",  # noqa: S608 - texts of ours
        ("id", "stripe_subscription_id", "seen_at"),
        {"card_hash": "a hash of a card's fingerprint at Stripe"},
        retained={
            **codes("stripe_subscription_id"),
            "card_hash": "one trial a card, for ever: a hash, from which no card is read",
        },
    ),
    PersonalData(
        "enterprise_contract",
        _OF_ACCOUNT,
        (
            *("id", "account", "reference", "amount", "billing_interval", "seats", "api_calls"),
            *("api_rate", "starts_at", "ends_at", "status", "due_at", "created_at", "ended_at"),
            "end_reason",
        ),
        {"entered_by": "who of the staff entered it"},
        retained={**codes("billing_interval", "status"), "reference": BOOKS, "end_reason": BOOKS},
    ),
    PersonalData(
        "contract_credit",
        f"contract IN (SELECT id FROM enterprise_contract WHERE {_OF_ACCOUNT})",  # noqa: S608 - texts of ours
        (
            *("id", "contract", "month", "first_day", "last_day", "counted", "excluded"),
            *("available", "percent", "fee", "amount", "reason", "confirmed_at"),
        ),
        {"confirmed_by": "who of the staff confirmed it"},
        retained={"reason": BOOKS},
    ),
    PersonalData(
        "contract_credit_refusal",
        f"contract IN (SELECT id FROM enterprise_contract WHERE {_OF_ACCOUNT})",  # noqa: S608 - texts of ours
        (
            *("id", "contract", "month", "first_day", "last_day", "counted", "excluded"),
            *("available", "percent", "fee", "amount", "is_taken_back", "reason", "decided_at"),
        ),
        {"decided_by": "who of the staff decided it"},
        retained={"reason": BOOKS},
    ),
    PersonalData(
        "recurring_state",
        _OF_ACCOUNT,
        (
            *("account", "source", "kind", "item", "status", "gives_access", "billing_interval"),
            *("price", "share_net", "share_total", "discount_percent", "discount_amount"),
            *("discount_duration", "discount_ends_at", "mrr", "mrr_gross", "changed_at"),
        ),
        {
            "id": "the position in the history",
            **dict.fromkeys(
                ("status_before", "mrr_before", "mrr_gross_before"), "of the row before"
            ),
        },
        retained=codes(
            *("kind", "item", "status", "status_before", "billing_interval", "discount_duration")
        ),
    ),
    PersonalData(
        "dispute",
        _OF_ACCOUNT,
        (
            *("id", "account", "subject", "payment", "purchase", "stripe_dispute_id"),
            *("stripe_charge_id", "amount", "reason", "status", "due_by", "withdrawn"),
            *("is_taken", "taken", "created_at", "closed_at"),
        ),
        {
            "fetch_number": _MIRROR,
            "creator": "another person's",
            "is_refundable": "what Stripe allows us to do",
            "reminded_at": "when its creator was reminded",
            **dict.fromkeys(("evidence", "evidence_by", "evidence_at"), "another person's"),
        },
        retained={
            **codes("subject", "stripe_dispute_id", "stripe_charge_id", "reason", "status"),
            "evidence": BOOKS,
        },
    ),
    PersonalData(
        "dispute",
        "evidence_by = @person",
        ("id", "evidence", "evidence_by", "evidence_at", "status"),
        dict.fromkeys(
            (
                *("account", "subject", "payment", "purchase", "stripe_dispute_id"),
                *("stripe_charge_id", "amount", "reason", "due_by", "withdrawn", "is_taken"),
                *("taken", "created_at", "closed_at", "fetch_number", "is_refundable"),
                *("reminded_at", "creator"),
            ),
            "the buyer's",
        ),
        retained={
            **codes("subject", "stripe_dispute_id", "stripe_charge_id", "reason", "status"),
            "evidence": BOOKS,
        },
        topic="dispute_evidence",
    ),
    PersonalData(
        "fraud_warning",
        _OF_ACCOUNT,
        (
            *("id", "account", "subject", "payment", "purchase", "stripe_charge_id", "amount"),
            "created_at",
        ),
        {
            **dict.fromkeys(("stripe_id", "fraud_type", "is_actionable"), "what a bank suspects"),
            **dict.fromkeys(
                ("state", "decision", "decided_by", "decided_at"), "what the desk made of it"
            ),
        },
        retained={
            **codes("subject", "stripe_id", "stripe_charge_id", "fraud_type", "state"),
            "decision": BOOKS,
        },
    ),
    PersonalData(
        "connect_account",
        "owner = @person",
        (
            *("id", "owner", "stripe_account_id", "country", "transfers_status"),
            *("requirements", "is_closed"),
        ),
        {
            "fetch_number": _MIRROR,
            "bank_hashes": "hashes of bank accounts' fingerprints at Stripe",
        },
        (Delete(),),
    ),
    PersonalData(
        "trial_use",
        f'"order" IN (SELECT id FROM subscription_order WHERE {_OF_ACCOUNT})',  # noqa: S608 - texts of ours
        ("id", "order", "started_at"),
        {"email_hash": "a hash of the address, which app_user.json has"},
        retained={"email_hash": "one trial a person, for ever: a hash, from which nobody is read"},
    ),
    PersonalData(
        "subscription_order",
        _OF_ACCOUNT,
        (
            *("id", "account", "buyer", "kind", "item", "billing_interval", "price", "trial_days"),
            *("status", "stripe_subscription_id", "failure_code", "created_at", "updated_at"),
            "starts_now",
        ),
        {
            "checkout_session_id": "a payment page that is closed",
            "checkout_url": "a payment page that is closed",
            "checkout_expires_at": "a payment page that is closed",
            "stripe_asked_at": "when Stripe was asked",
        },
        (Blank({"checkout_url": "NULL"}),),
        codes(
            *("kind", "item", "billing_interval", "status", "checkout_session_id"),
            *("stripe_subscription_id", "failure_code"),
        ),
    ),
    PersonalData(
        "subscription",
        _OF_ACCOUNT,
        (
            *("id", "account", "kind", "item", "billing_interval", "status", "gives_access"),
            *("price", "stripe_subscription_id", "stripe_item_id", "period_start", "period_end"),
            *("trial_ends_at", "cancel_at_period_end", "canceled_at", "ended_at", "created_at"),
            *("discount_code", "discount_percent", "discount_amount", "discount_duration"),
            *("discount_ends_at", "scheduled_item", "scheduled_interval", "scheduled_at"),
            *("pending_item", "pending_interval", "pending_invoice_id", "pending_payment_url"),
            *("pending_expires_at", "refusal_code"),
        ),
        {"fetch_number": _MIRROR, "schedule_id": "Stripe's id of what is scheduled"},
        (Blank({"pending_payment_url": "NULL"}),),
        codes(
            *("kind", "item", "billing_interval", "status", "stripe_subscription_id"),
            *("stripe_item_id", "refusal_code", "discount_code", "discount_duration"),
            *("schedule_id", "scheduled_item", "scheduled_interval"),
            *("pending_item", "pending_interval", "pending_invoice_id"),
        ),
    ),
    PersonalData(
        "invoice",
        _OF_ACCOUNT,
        (
            *("id", "account", "stripe_invoice_id", "stripe_subscription_id", "number", "status"),
            *("billing_reason", "subtotal", "discount", "tax", "total", "amount_paid"),
            *("period_start", "period_end", "issued_at", "paid_at", "hosted_url", "pdf_url"),
            *("failed_at", "purchase", "lines", "created_at"),
        ),
        {"fetch_number": _MIRROR, "mailed_at": "when it was mailed"},
        retained={
            **codes("stripe_subscription_id", "status", "billing_reason"),
            **dict.fromkeys(
                ("stripe_invoice_id", "number", "hosted_url", "pdf_url", "lines"), BOOKS
            ),
        },
    ),
    PersonalData(
        "invoice_payment",
        f"invoice IN (SELECT id FROM invoice WHERE {_OF_ACCOUNT})",  # noqa: S608 - texts of ours
        (
            *("id", "invoice", "account", "stripe_payment_intent_id", "stripe_charge_id"),
            *("gross", "discount", "tax", "fee", "paid_at"),
        ),
        retained=dict.fromkeys(("stripe_payment_intent_id", "stripe_charge_id"), BOOKS),
    ),
    PersonalData(
        "billing_document",
        _OF_ACCOUNT,
        ("id", "account", "stripe_id", "stored_at"),
        {"content": "the PDF itself, which the page of invoices gives"},
        retained={"stripe_id": BOOKS, "content": BOOKS},
    ),
    PersonalData(
        "invoice_refund_request",
        _OF_ACCOUNT,
        (
            *("id", "invoice", "payment", "account", "amount", "reason", "origin", "state"),
            *("decision_reason", "created_at", "decided_at"),
        ),
        {
            **dict.fromkeys(("requested_by", "decided_by"), "who of the staff decided"),
            **dict.fromkeys(("attempts", "last_error", "next_attempt_at"), "how closing it went"),
        },
        retained={
            **codes("origin", "state"),
            **dict.fromkeys(("reason", "decision_reason"), BOOKS),
            "last_error": "the name of an exception",
        },
    ),
    PersonalData(
        "invoice_refund",
        _OF_ACCOUNT,
        (
            *("id", "payment", "invoice", "account", "stripe_refund_id", "amount", "tax"),
            *("refunded_at", "failed_at"),
        ),
        retained={"stripe_refund_id": BOOKS},
    ),
    PersonalData(
        "credit_note",
        _OF_ACCOUNT,
        (
            *("id", "invoice", "account", "stripe_id", "number", "status", "total"),
            *("pdf_url", "created_at"),
        ),
        {"fetch_number": _MIRROR},
        retained={
            **codes("status"),
            **dict.fromkeys(("stripe_id", "number", "pdf_url"), BOOKS),
        },
    ),
    PersonalData(
        "coupon_redemption",
        _OF_ACCOUNT,
        (
            *("id", "coupon", "account", "subscription_order", "status"),
            *("stripe_subscription_id", "created_at", "updated_at"),
        ),
        retained=codes("status", "stripe_subscription_id"),
    ),
    PersonalData(
        "tier_reached",
        _OF_ACCOUNT,
        ("id", "account", "tier", "reached_at"),
        retained=codes("tier"),
    ),
    NoPersonalData("coupon", "codes that staff made, for everybody", ("code", "deactivated_at")),
    NoPersonalData("stripe_event", "Stripe's ids and types: what an event says is not stored"),
    NoPersonalData("stripe_event_key", "Stripe's ids of events, and when they came"),
    NoPersonalData("event_cursor", "a row for each of Stripe's lists of events"),
)
