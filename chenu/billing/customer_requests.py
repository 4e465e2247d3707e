"""What we tell Stripe of a customer, and what it tells of their VAT number."""

import msgspec


class CustomerAddress(msgspec.Struct, frozen=True):
    """`country` is an ISO 3166 code of two letters."""

    line1: str
    line2: str
    postal_code: str
    city: str
    country: str


class CustomerRequest(msgspec.Struct, frozen=True):
    """Without an address Stripe has what its own pages were told."""

    email: str
    name: str
    locale: str
    account_id: str
    postal_address: CustomerAddress | None = None


class CustomerUpdate(msgspec.Struct, frozen=True):
    """The customer's new name and email address, and postal address where we know one."""

    customer_id: str
    email: str
    name: str
    locale: str
    postal_address: CustomerAddress | None = None


class TaxIdChange(msgspec.Struct, frozen=True):
    """The one VAT number that the customer has from here on; none if `value` is empty."""

    customer_id: str
    kind: str
    value: str


class TaxIdState(msgspec.Struct, frozen=True):
    """`status` is Stripe's: pending, verified, unverified, unavailable."""

    id: str
    customer_id: str | None
    kind: str
    value: str
    status: str
