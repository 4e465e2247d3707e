"""What affiliates bring to a process: the transfers of their payouts."""

from chenu.flows.affiliates.payout_transfer import AffiliateTransferHandler
from chenu.flows.topic import Topic

AFFILIATES = Topic(
    lambda stripe, pubsub: (AffiliateTransferHandler(money=stripe, connect=stripe),),
)
