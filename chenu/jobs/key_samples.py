"""What mails about API keys look like, with made-up parameters."""

from chenu.core.key_mail_params import ApiKeyLeakedParams
from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import MailParams

_PLACE = "https://github.com/example/invoices/blob/main/config.py"


def _leaked(account: str, place: str, *, is_replaced: bool) -> ApiKeyLeakedParams:
    return ApiKeyLeakedParams(
        name="Zoé",
        key="Import",
        prefix="chenu_live_3fK8aQ",
        account=account,
        place=place,
        is_replaced=is_replaced,
    )


KEYS: dict[MailKind, tuple[MailParams, ...]] = {
    MailKind.API_KEY_LEAKED: (
        _leaked("", _PLACE, is_replaced=False),
        _leaked("Benali SARL", "", is_replaced=False),
        _leaked("", _PLACE, is_replaced=True),
    ),
}
