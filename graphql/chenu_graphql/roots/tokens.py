"""Root fields of tokens: the event of each change of the wallet."""

import strawberry

from chenu_graphql.fields import Weight, field
from chenu_graphql.permissions import READER
from chenu_graphql.wallets import TokenWallet
from chenu_graphql.watching import watch_wallet


@strawberry.type
class TokenSubscriptions:
    token_balance_changed: TokenWallet = field(
        "The wallet of the account acted for: at once, and whenever it has changed.",
        READER,
        watch_wallet,
        weight=Weight(points=10),
        live=True,
    )
