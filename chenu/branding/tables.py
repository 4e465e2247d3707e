"""Brands of accounts and their pictures."""

from piccolo.columns import JSONB, UUID, Array, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account
from chenu.core.columns import belongs_to, business_time, primary_id


class Brand(Table, tablename="brand"):
    """At most one an account. `accent_light` and `accent_dark` are `#rrggbb`, null: ours.

    `logo` and `icon` name rows of `brand_picture`. `links` are `[{"label": …, "url": …}]`. `agents`
    are the only ones that its site shows; empty: all.
    """

    id = primary_id()
    account = belongs_to(Account, unique=True)
    name = Text()
    sender_name = Text(default="")
    accent_light = Text(default=None, null=True)
    accent_dark = Text(default=None, null=True)
    logo = Text(default=None, null=True)
    icon = Text(default=None, null=True)
    links = JSONB(default="[]")
    locale = Text(default=None, null=True)
    agents = Array(base_column=UUID(), default=list)
    created_at = business_time()
    updated_at = business_time()


class BrandPicture(Table, tablename="brand_picture"):
    """One uploaded picture; `name` is its PictureHash.

    `account` is no foreign key: the row outlives a deleted account until its files are gone.
    `removed_at`: from here on nothing may show it, and its files are being deleted.
    """

    id = primary_id()
    account = UUID(default=None, index=True)
    name = Text(unique=True)
    use = Text()
    width = Integer()
    height = Integer()
    created_at = business_time()
    removed_at = Timestamptz(default=None, null=True)
