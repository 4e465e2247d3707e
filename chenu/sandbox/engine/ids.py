"""Object ids with Stripe's prefixes, repeatable from a seed."""

import hashlib

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

PREFIXES = {
    "account": ("acct_1", 15),
    "balance_transaction": ("txn_3", 23),
    "bank_account": ("ba_1", 23),
    "billing_portal.configuration": ("bpc_1", 23),
    "billing_portal.session": ("bps_1", 23),
    "charge": ("ch_3", 23),
    "checkout.session": ("cs_test_a1", 56),
    "credit_note": ("cn_1", 23),
    "credit_note_line_item": ("cnli_1", 23),
    "customer": ("cus_", 14),
    "discount": ("di_1", 23),
    "dispute": ("dp_1", 23),
    "event": ("evt_1", 23),
    "invoice": ("in_1", 23),
    "invoice_payment": ("inpay_1", 23),
    "invoiceitem": ("ii_1", 23),
    "item": ("li_1", 23),
    "line_item": ("il_1", 23),
    "payment": ("py_1", 23),
    "payment_intent": ("pi_3", 23),
    "payment_method": ("pm_1", 23),
    "payment_refund": ("pyr_1", 23),
    "payout": ("po_1", 23),
    "price": ("price_1", 23),
    "product": ("prod_", 14),
    "promotion_code": ("promo_1", 23),
    "radar.early_fraud_warning": ("issfr_1", 23),
    "refund": ("re_3", 23),
    "setup_intent": ("seti_1", 23),
    "subscription": ("sub_1", 23),
    "subscription_item": ("si_", 14),
    "subscription_schedule": ("sub_sched_1", 23),
    "tax_id": ("txi_1", 23),
    "test_helpers.test_clock": ("clock_1", 23),
    "transfer": ("tr_3", 23),
    "transfer_reversal": ("trr_1", 23),
    "v2.core.account_link": ("aclk_", 24),
    "v2.core.event": ("evt_test_65", 47),
    "v2.core.event_destination": ("ed_test_61", 32),
    "webhook_endpoint": ("we_1", 23),
}

KIND_OF_PREFIX = {prefix.split("_")[0]: kind for kind, (prefix, _) in PREFIXES.items()} | {
    "py": "charge",
    "pyr": "refund",
    "evt": "event",
    "sub": "subscription",
}


def kind_of(object_id: str) -> str | None:
    """The kind of object that an id names, from its prefix; own product ids have none."""
    if object_id.startswith("sub_sched_"):
        return "subscription_schedule"
    return KIND_OF_PREFIX.get(object_id.split("_", 1)[0])


class IdSource:
    """Ids out of a seed and a count; the count is stored, so ids never repeat."""

    def __init__(self, seed: int, count: int = 0) -> None:
        self._seed = seed
        self.count = count

    def new(self, kind: str) -> str:
        """The next id for a kind of object, e.g. `cus_…`."""
        prefix, length = PREFIXES[kind]
        return prefix + self.token(length)

    def token(self, length: int) -> str:
        """Letters and digits, for secrets and links."""
        self.count += 1
        digest = hashlib.blake2b(f"{self._seed}:{self.count}".encode(), digest_size=64).digest()
        number = int.from_bytes(digest, "big")
        letters = []
        for _ in range(length):
            number, digit = divmod(number, 62)
            letters.append(_DIGITS[digit])
        return "".join(letters)
