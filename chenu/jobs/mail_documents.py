"""Documents that leave with a mail: one that we store, or a statement made for it.

A mail's parameter `document` names the stored one.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec

from chenu.billing.documents import file_name, find_document
from chenu.core.clock import business_now
from chenu.core.errors import Unavailable
from chenu.core.i18n import Locale, known_locale, mark, translate
from chenu.core.mail import MailRow
from chenu.core.mail_kinds import MailKind
from chenu.jobs.mail_text import Attachment

MakeStatement = Callable[[str, Locale], Awaitable[bytes | None]]
"""An affiliate's statement as a PDF, by its number; None where no PDFs can be made at all. Raises
Busy, Unavailable.
"""
_WAITS_FOR = timedelta(hours=12)
"""A mail for its statement; then it leaves with the link to it alone."""


async def find_attachment(mail: MailRow, make_statement: MakeStatement | None) -> Attachment | None:
    """None for a mail without a document, or one that is not stored yet.

    Raises Unavailable for a statement that another try may make.
    """
    params = msgspec.json.decode(mail.params, type=dict[str, Any])
    if mail.kind == MailKind.AFFILIATE_PAID and make_statement is not None:
        return await _attach_statement(mail, params["number"], make_statement)
    if "document" not in params:
        return None
    document = await find_document(params["document"])
    if document is None:
        return None
    word = translate(known_locale(mail.locale), mark("invoice"))
    return Attachment(file_name(word, params["number"]), document.content)


async def _attach_statement(mail: MailRow, number: str, make: MakeStatement) -> Attachment | None:
    locale = known_locale(mail.locale)
    try:
        content = await make(number, locale)
    except Unavailable:
        if business_now() - mail.created_at < _WAITS_FOR:
            raise
        return None
    if content is None:
        return None
    return Attachment(file_name(translate(locale, mark("statement")), number), content)
