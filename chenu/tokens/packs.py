"""The token packs as data: base and bonus are two grants. Amounts in cents; packs do not expire."""

import msgspec

from chenu.core.money import Cents


class TokenPack(msgspec.Struct, frozen=True):
    code: str
    base_tokens: int
    bonus_percent: int
    price: Cents

    @property
    def bonus_tokens(self) -> int:
        return self.base_tokens * self.bonus_percent // 100

    @property
    def tokens(self) -> int:
        return self.base_tokens + self.bonus_tokens


TOKEN_PACKS: tuple[TokenPack, ...] = (
    TokenPack("pack_100", 100, 0, Cents(100)),
    TokenPack("pack_1k", 1_000, 10, Cents(900)),
    TokenPack("pack_10k", 10_000, 20, Cents(8000)),
    TokenPack("pack_100k", 100_000, 30, Cents(70000)),
)

WARNING_PACK = TOKEN_PACKS[1]
"""What is offered, by one click, to whoever has used most of a budget."""

_BY_CODE = {pack.code: pack for pack in TOKEN_PACKS}


def find_pack(code: str) -> TokenPack | None:
    return _BY_CODE.get(code)


def price_key(code: str) -> str:
    """The lookup key of the pack's price at Stripe."""
    return f"{code}_eur"


def pack_name(tokens: int) -> str:
    """The same in every language: a number with thin spaces, as both write it."""
    return f"Pack {tokens:,}".replace(",", "\u202f")
