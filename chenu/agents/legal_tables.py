"""Who a creator is before the law: the name, address and tax number of their statements."""

from piccolo.columns import BigInt, Date, Integer, Text
from piccolo.table import Table

from chenu.agents.tables import Creator
from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class CreatorLegalDetails(Table, tablename="creator_legal_details"):
    """`vat_number` or `tax_number` is given. `agreed_at`: since then we make out their invoices.

    `due_at` (business time) is when their next statement is looked for; a failure waits until
    `next_attempt_at`.
    """

    id = primary_id()
    creator = belongs_to(Creator, unique=True)
    legal_name = Text()
    line1 = Text()
    line2 = Text(default="")
    postal_code = Text(default="")
    city = Text()
    country = Text()
    vat_number = Text(default="")
    tax_number = Text(default="")
    agreed_at = business_time()
    updated_at = business_time()
    due_at = business_time()
    attempts = Integer(default=0)
    last_error = Text(default=None, null=True)
    next_attempt_at = system_time()


class SelfBillingStatement(Table, tablename="self_billing_statement"):
    """What moved between us and a creator in a month: our invoice in their name. Never changed.

    `number` is made of `series` (a creator's own) and `place` in it. It covers what was booked
    before the end of `month`, up to the entry `last_entry`, and not on an earlier one. In cents;
    `net` includes `tax`; closing = opening + net - transferred.
    """

    id = primary_id()
    creator = belongs_to(Creator)
    number = Text(unique=True)
    series = Integer()
    place = Integer()
    month = Date(default=None)
    last_entry = BigInt()
    issued_at = business_time()
    supplier_name = Text()
    supplier_address = Text()
    supplier_country = Text()
    supplier_vat_number = Text(default="")
    supplier_tax_number = Text(default="")
    company_name = Text()
    company_address = Text()
    company_country = Text()
    company_vat_number = Text()
    vat_treatment = Text()
    vat_rate = Integer(default=0)
    opening = BigInt()
    net = BigInt()
    tax = BigInt(default=0)
    transferred = BigInt()
    closing = BigInt()


class SelfBillingLine(Table, tablename="self_billing_line"):
    """A kind of movement on a statement; paid = buyers_tax + fee + share. Never changed."""

    id = primary_id()
    statement = belongs_to(SelfBillingStatement)
    kind = Text()
    transactions = Integer()
    paid = BigInt()
    buyers_tax = BigInt()
    fee = BigInt()
    share = BigInt()
