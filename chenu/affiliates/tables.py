"""Affiliates, the clicks of their links, the customers bound to them, and what is paid for it."""

from piccolo.columns import UUID, BigInt, Bytea, Date, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, business_time, primary_id


class Affiliate(Table, tablename="affiliate"):
    """Somebody who joined the programme. `code` is CHENU and 8 hex capitals."""

    id = primary_id()
    member = belongs_to(AppUser, unique=True)
    code = Text(unique=True)
    status = Text()
    suspended_at = Timestamptz(default=None, null=True)
    suspension_reason = Text(default="")
    joined_at = business_time()


class ClickKey(Table, tablename="click_key"):
    """The secret by which addresses of clicks are hashed; deleted when another one replaces it."""

    id = primary_id()
    secret = Bytea()
    created_at = business_time()


class AffiliateClick(Table, tablename="affiliate_click"):
    """Somebody followed a link. `visitor` is a keyed hash of the IP address, and changes with the
    key. `landing` is a path of ours without its query.
    """

    id = primary_id()
    affiliate = belongs_to(Affiliate)
    landing = Text()
    visitor = Bytea()
    clicked_at = business_time()


class AffiliateDay(Table, tablename="affiliate_day"):
    """Clicks of one affiliate on one day of business time (UTC), which outlive the clicks."""

    id = primary_id()
    affiliate = belongs_to(Affiliate)
    day = Date(default=None)
    clicks = Integer(default=0)


class Referral(Table, tablename="referral"):
    """A customer bound to an affiliate: once, at sign-up, or by staff (`origin` MANUAL).

    `member` signed up and owns `account`. REFUSED is a binding that a rule refused, and HELD one
    whose commissions wait for staff; `reason` says why. `click` has been purged after a while.
    """

    id = primary_id()
    affiliate = belongs_to(Affiliate)
    account = belongs_to(Account, unique=True)
    member = belongs_to(AppUser, index=True)
    origin = Text()
    state = Text()
    reason = Text(default="")
    click = UUID(default=None, null=True)
    clicked_at = Timestamptz(default=None, null=True)
    bound_at = business_time()


class ReferralCard(Table, tablename="referral_card"):
    """A card that a bound customer has paid a plan with, by a hash: a card that their affiliate
    uses later is compared with it.
    """

    id = primary_id()
    referral = belongs_to(Referral, index=True)
    card_hash = Bytea()
    seen_at = business_time()


class AffiliatePayout(Table, tablename="affiliate_payout"):
    """What one affiliate is paid in one monthly run, in cents; once for each month.

    `operation` makes the transfer. A failed one is paid by a later attempt of the same row.
    """

    id = primary_id()
    affiliate = belongs_to(Affiliate)
    month = Date(default=None)
    amount = BigInt()
    status = Text()
    operation = UUID(default=None, null=True)
    stripe_transfer_id = Text(default=None, null=True, unique=True)
    failure_reason = Text(default=None, null=True)
    number = Text(default=None, null=True, unique=True)
    created_at = business_time()
    paid_at = Timestamptz(default=None, null=True)


class Commission(Table, tablename="commission"):
    """An affiliate's share of a paid invoice, or a clawback, which is negative. In cents, rates in
    basis points. Never changed but for `status` and `payout`.

    `cause` names what it is of, once: `invoice:…`, `refund:…`, `dispute:…`. A commission shows its
    arithmetic: base = paid * total_excluding_tax // total. `held_at`: staff froze it.
    """

    id = primary_id()
    affiliate = belongs_to(Affiliate)
    referral = belongs_to(Referral)
    account = belongs_to(Account)
    invoice = UUID()
    kind = Text()
    cause = Text(unique=True)
    paid = BigInt()
    total = BigInt()
    total_excluding_tax = BigInt()
    base = BigInt()
    basis_points = Integer()
    amount = BigInt()
    status = Text()
    due_at = business_time()
    held_at = Timestamptz(default=None, null=True)
    payout = belongs_to(AffiliatePayout, null=True, index=True)
    created_at = business_time()
