"""Documents that leave with a mail: its parameter `document` names the one that we store."""

from typing import Any

import msgspec

from chenu.billing.documents import file_name, find_document
from chenu.core.i18n import known_locale, mark, translate
from chenu.core.mail import MailRow
from chenu.jobs.mail_text import Attachment


async def find_attachment(mail: MailRow) -> Attachment | None:
    """None for a mail without a document, or one that is not stored yet."""
    params = msgspec.json.decode(mail.params, type=dict[str, Any])
    if "document" not in params:
        return None
    document = await find_document(params["document"])
    if document is None:
        return None
    locale = known_locale(mail.locale)
    word = translate(locale, mark("invoice"))
    return Attachment(file_name(word, params["number"]), document.content)
