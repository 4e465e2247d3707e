"""Our copies of Stripe's data: the webhook inbox, event cursors, and Connect accounts."""

from piccolo.columns import JSONB, UUID, BigInt, Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class WebhookEvent(Table, tablename="webhook_event"):
    """The inbox. The payload only identifies the event; the state is always fetched again."""

    id = Text(primary_key=True)
    type = Text()
    object_id = Text(default="")
    related_account = Text(default=None, null=True)
    source = Text(default="WEBHOOK")
    state = Text(default="RECEIVED")
    attempts = Integer(default=0)
    last_error = Text(default=None, null=True)
    next_attempt_at = system_time()
    created_at = business_time(index=True)
    received_at = system_time()
    handled_at = Timestamptz(default=None, null=True)


class EventCursor(Table, tablename="event_cursor"):
    """How far each of Stripe's lists of events was read: completely until `read_until`.

    `missed_seconds` is the total length of gaps that Stripe no longer listed when we polled.
    """

    stream = Text(primary_key=True)
    read_until = business_time()
    missed_seconds = BigInt(default=0)


class ConnectAccount(Table, tablename="connect_account"):
    """A person's account at Stripe Connect; the same one receives sales and commissions.

    `fetch_number` is that of the answer which the state comes from (core/fetched.py).
    """

    id = primary_id()
    owner = belongs_to(AppUser, unique=True)
    stripe_account_id = Text(default=None, null=True, unique=True)
    country = Text()
    transfers_status = Text(default="NOT_STARTED")
    requirements = JSONB(default="[]")
    is_closed = Boolean(default=False)
    fetch_number = BigInt(default=0)


class SubscriptionOrder(Table, tablename="subscription_order"):
    """A request to subscribe and what came of it; what is offered is frozen here.

    `kind` and `item` say what is subscribed to (TIER, "PRO"); `price` is in cents a period.
    """

    id = primary_id()
    account = belongs_to(Account, index=True)
    buyer = belongs_to(AppUser)
    kind = Text()
    item = Text()
    billing_interval = Text()
    price = BigInt()
    trial_days = Integer(default=0)
    status = Text(default="PENDING")
    checkout_session_id = Text(default=None, null=True, unique=True)
    checkout_url = Text(default=None, null=True)
    checkout_expires_at = Timestamptz(default=None, null=True)
    stripe_subscription_id = Text(default=None, null=True, unique=True)
    failure_code = Text(default=None, null=True)
    stripe_asked_at = Timestamptz(default=None, null=True)
    created_at = business_time()
    updated_at = system_time()


class Subscription(Table, tablename="subscription"):
    """Our mirror of a subscription at Stripe: the newest answer wins (`fetch_number`).

    `kind` and `item` say what is subscribed to; `price` is in cents a period. `gives_access`: its
    state gives what was subscribed to. The periods are Stripe's. `refusal_code` is why we ended it.
    """

    id = primary_id()
    account = belongs_to(Account, index=True)
    kind = Text()
    item = Text()
    billing_interval = Text()
    status = Text()
    gives_access = Boolean()
    price = BigInt()
    stripe_subscription_id = Text(unique=True)
    stripe_item_id = Text()
    period_start = business_time()
    period_end = business_time()
    trial_ends_at = Timestamptz(default=None, null=True)
    cancel_at_period_end = Boolean(default=False)
    canceled_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    refusal_code = Text(default=None, null=True)
    fetch_number = BigInt(default=0)
    created_at = business_time()


class TrialUse(Table, tablename="trial_use"):
    """Who has had the trial: once a person, by the hash of their normalised email."""

    id = primary_id()
    email_hash = Bytea(unique=True)
    order = UUID()
    started_at = business_time()


class TrialCard(Table, tablename="trial_card"):
    """Cards of trials: the subscription that a card was first seen in, by the hash of the card's
    fingerprint at Stripe.
    """

    id = primary_id()
    card_hash = Bytea(unique=True)
    stripe_subscription_id = Text()
    seen_at = business_time()


class Invoice(Table, tablename="invoice"):
    """Our mirror of Stripe's invoices: the newest answer wins (`fetch_number`). Cents."""

    id = primary_id()
    account = belongs_to(Account, index=True)
    stripe_invoice_id = Text(unique=True)
    stripe_subscription_id = Text(default=None, null=True, index=True)
    number = Text(default=None, null=True)
    status = Text()
    billing_reason = Text()
    subtotal = BigInt()
    discount = BigInt()
    tax = BigInt()
    total = BigInt()
    amount_paid = BigInt()
    period_start = business_time()
    period_end = business_time()
    issued_at = Timestamptz(default=None, null=True)
    paid_at = Timestamptz(default=None, null=True)
    hosted_url = Text(default=None, null=True)
    pdf_url = Text(default=None, null=True)
    fetch_number = BigInt(default=0)
    created_at = business_time()


class InvoicePayment(Table, tablename="invoice_payment"):
    """A charge that settled a plan's invoice, as it is booked. Cents."""

    id = primary_id()
    invoice = belongs_to(Invoice, index=True)
    account = belongs_to(Account)
    stripe_payment_intent_id = Text()
    stripe_charge_id = Text(unique=True)
    gross = BigInt()
    discount = BigInt()
    tax = BigInt()
    fee = BigInt()
    paid_at = business_time()


class EnterpriseContract(Table, tablename="enterprise_contract"):
    """A contract for ENTERPRISE, invoiced outside Stripe. `amount`: cents a period, without VAT.

    `seats`, `api_calls` (a month) and `api_rate` (a minute) null: no limit. `due_at` is when it
    begins or ends next, null once it has ended.
    """

    id = primary_id()
    account = belongs_to(Account, index=True)
    reference = Text()
    amount = BigInt()
    billing_interval = Text()
    seats = Integer(default=None, null=True)
    api_calls = BigInt(default=None, null=True)
    api_rate = Integer(default=None, null=True)
    starts_at = business_time()
    ends_at = business_time()
    status = Text(default="PLANNED")
    due_at = Timestamptz(default=None, null=True)
    entered_by = belongs_to(AppUser)
    created_at = business_time()
    ended_at = Timestamptz(default=None, null=True)
    end_reason = Text(default=None, null=True)


class TrialReminder(Table, tablename="trial_reminder"):
    """When the end of a trial is announced: two days before it, once for each end."""

    id = primary_id()
    subscription = belongs_to(Subscription, unique=True)
    due_at = business_time()
    attempts = Integer(default=0)
    last_error = Text(default=None, null=True)
    next_attempt_at = system_time()
    done_at = Timestamptz(default=None, null=True)
