"""Who a creator is before the law: the name, address and tax number of their statements."""

from piccolo.columns import Text
from piccolo.table import Table

from chenu.agents.tables import Creator
from chenu.core.columns import belongs_to, business_time, primary_id


class CreatorLegalDetails(Table, tablename="creator_legal_details"):
    """`vat_number` or `tax_number` is given. `agreed_at`: since then we make out their invoices."""

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
