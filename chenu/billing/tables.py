"""Our copies of Stripe's data: the webhook inbox, event cursors, and Connect accounts."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Bytea,
    Integer,
    Text,
    Timestamptz,
)
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class StripeEvent(Table, tablename="stripe_event"):
    """The inbox, by months of `received_at`. The payload only identifies the event; the state is
    always fetched again.
    """

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


class StripeEventKey(Table, tablename="stripe_event_key"):
    """The ids of events that came, longer than the events are stored: each happens once."""

    id = Text(primary_key=True)
    received_at = system_time(index=True)


class EventCursor(Table, tablename="event_cursor"):
    """How far each of Stripe's lists of events was read: completely until `read_until`.

    `missed_seconds` is the total length of gaps that Stripe no longer listed when we polled.
    """

    stream = Text(primary_key=True)
    read_until = business_time()
    missed_seconds = BigInt(default=0)


class ConnectAccount(Table, tablename="connect_account"):
    """A person's account at Stripe Connect; the same one receives sales and commissions.

    `fetch_number` is that of the answer which the state comes from (core/fetched.py). `bank_hashes`
    are of the bank accounts that it pays out to, while it could be paid last.
    """

    id = primary_id()
    owner = belongs_to(AppUser, unique=True)
    stripe_account_id = Text(default=None, null=True, unique=True)
    country = Text()
    transfers_status = Text(default="NOT_STARTED")
    requirements = JSONB(default="[]")
    is_closed = Boolean(default=False)
    fetch_number = BigInt(default=0)
    bank_hashes = Array(base_column=Bytea(), default=list)


class SubscriptionOrder(Table, tablename="subscription_order"):
    """A request to subscribe and what came of it; what is offered is frozen here.

    `kind` and `item` say what is subscribed to (TIER, "PRO"); `price` is in cents a period.
    `starts_now`: the buyer asked for it to begin before the time to withdraw is over.
    """

    id = primary_id()
    account = belongs_to(Account, index=True)
    buyer = belongs_to(AppUser)
    kind = Text()
    item = Text()
    billing_interval = Text()
    price = BigInt()
    trial_days = Integer(default=0)
    starts_now = Boolean(default=False)
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
    state gives what was subscribed to. The periods are Stripe's, and so is the discount that it
    has now: per cent or cents, until when. `scheduled_...`: what a schedule changes at
    `scheduled_at`; `pending_...`: a change that waits for the payment of its invoice.
    `refusal_code` is why we ended it.
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
    discount_code = Text(default=None, null=True)
    discount_percent = Integer(default=None, null=True)
    discount_amount = BigInt(default=None, null=True)
    discount_duration = Text(default=None, null=True)
    discount_ends_at = Timestamptz(default=None, null=True)
    schedule_id = Text(default=None, null=True)
    scheduled_item = Text(default=None, null=True)
    scheduled_interval = Text(default=None, null=True)
    scheduled_at = Timestamptz(default=None, null=True)
    pending_item = Text(default=None, null=True)
    pending_interval = Text(default=None, null=True)
    pending_invoice_id = Text(default=None, null=True)
    pending_payment_url = Text(default=None, null=True)
    pending_expires_at = Timestamptz(default=None, null=True)
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


class Coupon(Table, tablename="coupon"):
    """What a code takes off a plan, for whom and how often. `uses`: reserved and redeemed."""

    id = primary_id()
    code = Text(unique=True)
    percent_off = Integer(default=None, null=True)
    amount_off = BigInt(default=None, null=True)
    duration = Text()
    duration_in_months = Integer(default=None, null=True)
    starts_at = Timestamptz(default=None, null=True)
    redeem_by = Timestamptz(default=None, null=True)
    max_redemptions = Integer(default=None, null=True)
    max_redemptions_per_customer = Integer(default=1)
    uses = Integer(default=0)
    tiers = Array(base_column=Text(), default=None, null=True)
    intervals = Array(base_column=Text())
    active = Boolean(default=True)
    is_at_stripe = Boolean(default=False)
    created_by = belongs_to(AppUser, null=True, default=None)
    created_at = business_time()
    deactivated_at = Timestamptz(default=None, null=True)


class CouponRedemption(Table, tablename="coupon_redemption"):
    """A coupon with an order: reserved, then redeemed by a subscription, or released."""

    id = primary_id()
    coupon = belongs_to(Coupon)
    account = belongs_to(Account, index=True)
    subscription_order = UUID(unique=True, default=None)
    status = Text()
    stripe_subscription_id = Text(default=None, null=True, unique=True)
    created_at = business_time()
    updated_at = system_time()


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
