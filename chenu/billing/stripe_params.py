"""Types of what is sent to Stripe, for type checkers alone: a process would make hundreds."""

from stripe.params import (
    BalanceTransactionListParams,
    CouponCreateParams,
    CreditNoteCreateParams,
    CustomerCreateParams,
    CustomerCreateParamsAddress,
    CustomerUpdateParams,
    PriceCreateParams,
    ProductUpdateParams,
    TransferCreateParams,
)
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsSubscriptionData

SessionParams = SessionCreateParams
NewCustomerParams = CustomerCreateParams
ChangedCustomerParams = CustomerUpdateParams
ChangedProductParams = ProductUpdateParams
AddressParams = CustomerCreateParamsAddress
"""Creation and update have the same fields in it."""
SubscriptionParams = SessionCreateParamsSubscriptionData
CouponParams = CouponCreateParams
CreditNoteParams = CreditNoteCreateParams
PriceParams = PriceCreateParams
MovementListParams = BalanceTransactionListParams
TransferParams = TransferCreateParams
