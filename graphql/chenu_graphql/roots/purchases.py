"""Root fields of purchases: buying agents, and the event of a settled payment."""

import strawberry

from chenu_graphql import buying, disputing, refunding, reviewing
from chenu_graphql.buying import AgentPurchasePayload, PurchasePayload, watch_purchase
from chenu_graphql.fields import CHANGE, Weight, field
from chenu_graphql.permissions import AGENTS, MARKETPLACE, READER
from chenu_graphql.purchases import Purchase
from chenu_graphql.refunding import PurchaseRefundPayload
from chenu_graphql.reviewing import ReviewPayload


@strawberry.type
class PurchaseMutations:
    agent_purchase: AgentPurchasePayload = field(
        "Opens the payment page of an agent; a free one is the buyer's at once.",
        MARKETPLACE,
        buying.resolve_agent_purchase,
        weight=CHANGE,
        sensitive=True,
    )
    purchase_cancel: PurchasePayload = field(
        "Ends a monthly purchase with its period; one that is not paid yet is dropped.",
        MARKETPLACE,
        buying.resolve_purchase_cancel,
        weight=CHANGE,
        sensitive=True,
    )
    purchase_resume: PurchasePayload = field(
        "Takes a cancellation back before it has come about.",
        MARKETPLACE,
        buying.resolve_purchase_resume,
        weight=CHANGE,
        sensitive=True,
    )
    dispute_evidence_submit: PurchasePayload = field(
        "Tells the bank of a disputed payment what speaks for its creator, once.",
        MARKETPLACE,
        disputing.resolve_dispute_evidence,
        weight=CHANGE,
        sensitive=True,
    )
    purchase_refund: PurchaseRefundPayload = field(
        "Gives a payment for an agent back, whole or in part: its creator and staff at any time, "
        "its buyer whole, within 14 days and before the first use. Above 100.00 € of one customer "
        "in 24 hours staff need a second person: REFUND_NOT_ALLOWED says that it waits for one.",
        MARKETPLACE,
        refunding.resolve_purchase_refund,
        weight=CHANGE,
        sensitive=True,
    )
    review_create: ReviewPayload = field(
        "Reviews an agent that the account has bought. Again: replaces one's own.",
        MARKETPLACE,
        reviewing.resolve_create,
        weight=CHANGE,
    )
    review_reply: ReviewPayload = field(
        "The agent's creator replies to a review.", AGENTS, reviewing.resolve_reply, weight=CHANGE
    )


@strawberry.type
class PurchaseSubscriptions:
    purchase_settled: Purchase = field(
        "Fires once, at once when it is settled already.",
        READER,
        watch_purchase,
        weight=Weight(points=10),
        live=True,
    )
