"""Mails as text and HTML, both from one Jinja template whose first line is the subject."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
import msgspec
from babel.dates import format_datetime as babel_datetime
from markupsafe import Markup, escape

from chenu.core.i18n import DEFAULT_LOCALE, Locale, catalogue, is_locale
from chenu.core.mail import MailRow
from chenu.core.money import Cents, format_cents
from chenu.jobs.user_texts import unlink_user_texts
from chenu.support.business_hours import PARIS

_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


@cache
def _environment(locale: Locale) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "mails"),
        autoescape=False,  # noqa: S701 - templates give plain text; the HTML part is escaped below
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    messages = catalogue(locale)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        messages.gettext, messages.ngettext, newstyle=True
    )
    environment.filters["cents"] = lambda amount: format_cents(Cents(amount), locale)
    environment.filters["moment"] = lambda iso: babel_datetime(
        datetime.fromisoformat(iso), "long", locale=locale
    )
    environment.filters["paris"] = lambda iso: babel_datetime(
        datetime.fromisoformat(iso), "d MMMM y, HH:mm '(Paris)'", tzinfo=PARIS, locale=locale
    )
    return environment


@dataclass(frozen=True, slots=True)
class Attachment:
    """A PDF document."""

    name: str
    content: bytes


def compose_mail(
    mail: MailRow, *, sender: str, public_url: str, attached: Attachment | None = None
) -> EmailMessage:
    """A complete message.

    Its Message-ID is made from the business key, so that duplicates are detected.
    """
    locale: Locale = mail.locale if is_locale(mail.locale) else DEFAULT_LOCALE
    params = unlink_user_texts(msgspec.json.decode(mail.params, type=dict[str, Any]))
    template = _environment(locale).get_template(f"{mail.kind.lower()}.txt")
    text = template.render(url=public_url, has_document=attached is not None, **params)
    subject, _, body = text.strip().partition("\n")
    message = EmailMessage()
    message["Subject"] = " ".join(subject.split())
    message["From"] = sender
    message["To"] = Address(addr_spec=mail.to_address)
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = message_id(mail.business_key, public_url)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body.strip() + "\n")
    ours = _own_links(public_url, params)
    message.add_alternative(_to_html(body.strip(), locale, ours), subtype="html")
    if attached is not None:
        message.add_attachment(
            attached.content, maintype="application", subtype="pdf", filename=attached.name
        )
    message["Content-Language"] = locale  # last: setting the content drops such headers
    return message


def message_id(business_key: str, public_url: str) -> str:
    host = urlsplit(public_url).hostname or "localhost"
    digest = hashlib.sha256(business_key.encode()).hexdigest()[:32]
    return f"<{digest}@{host}>"


def _own_links(public_url: str, params: Mapping[str, Any]) -> tuple[str, ...]:
    """The URLs of our pages, and of Stripe's pages for this purpose, with which template links
    begin.
    """
    pages = (params.get("invoice_url"), params.get("receipt_url"))
    return (f"{public_url}/", *(page for page in pages if page))


def _to_html(text: str, locale: Locale, ours: tuple[str, ...]) -> str:
    """Paragraphs, line breaks and our own links; everything else is escaped."""
    blocks = [_paragraph(block, ours) for block in re.split(r"\n{2,}", text)]
    return (
        _environment(locale)
        .get_template("layout.html")
        .render(locale=locale, blocks=Markup("\n").join(blocks))
    )


def _paragraph(block: str, ours: tuple[str, ...]) -> Markup:
    lines = [_link_up(line, ours) for line in block.splitlines()]
    return Markup("<p>{}</p>").format(Markup("<br>\n").join(lines))


def _link_up(line: str, ours: tuple[str, ...]) -> Markup:
    parts, end = [], 0
    for match in _LINK.finditer(line):
        if not match[0].startswith(ours):
            continue
        parts += [escape(line[end : match.start()])]
        parts += [Markup('<a href="{0}">{0}</a>').format(match[0])]
        end = match.end()
    return Markup("").join([*parts, escape(line[end:])])
