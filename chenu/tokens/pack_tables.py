"""Token packs: what was ordered, and what refunds took back of it."""

from piccolo.columns import UUID, BigInt, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class PackOrder(Table, tablename="pack_order"):
    """A request to buy a token pack and what came of it; what is offered is frozen here.

    `price` is in cents, VAT included. `terms_version`: the words about using the tokens at once
    that the buyer read, in `locale`. `payment` is the charge that paid it (invoice_payment).
    """

    id = primary_id()
    account = belongs_to(Account, index=True)
    buyer = belongs_to(AppUser)
    pack = Text()
    base_tokens = BigInt()
    bonus_tokens = BigInt()
    price = BigInt()
    locale = Text()
    terms_version = Text()
    status = Text(default="PENDING")
    checkout_session_id = Text(default=None, null=True, unique=True)
    checkout_url = Text(default=None, null=True)
    checkout_expires_at = Timestamptz(default=None, null=True)
    failure_code = Text(default=None, null=True)
    stripe_asked_at = Timestamptz(default=None, null=True)
    payment = UUID(default=None, null=True, unique=True)
    paid_at = Timestamptz(default=None, null=True)
    created_at = business_time()
    updated_at = system_time()


class PackRefund(Table, tablename="pack_refund"):
    """Tokens that a refund took back of a pack, whoever made the refund.

    `refund_request` is the decision that it follows from; null for one of Stripe's dashboard, and
    where the bank took the money (`dispute`).
    `debt_tokens` of them were spent already. `restored_at`: the money did not go back, and the
    tokens were given again.
    """

    id = primary_id()
    pack_order = belongs_to(PackOrder, index=True)
    refund_request = UUID(default=None, null=True, unique=True)
    stripe_refund_id = Text(default=None, null=True, unique=True)
    dispute = UUID(default=None, null=True, index=True)
    amount = BigInt()
    base_tokens = BigInt()
    bonus_tokens = BigInt()
    debt_tokens = BigInt(default=0)
    created_at = business_time()
    restored_at = Timestamptz(default=None, null=True)
