"""Mails as text and HTML, both from one Jinja template whose first line is the subject."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
import msgspec
from babel.dates import format_date, format_skeleton
from babel.dates import format_datetime as babel_datetime

from chenu.core.i18n import Locale, catalogue, known_locale, translate
from chenu.core.mail import MailRow
from chenu.core.mail_kinds import MAIL_RULES, MailKind, MailReason, MailTopic
from chenu.core.mail_preferences import make_unsubscribe_token
from chenu.core.money import Cents, format_cents
from chenu.core.numbers import format_number
from chenu.core.site import OUR_NAME, current_site, product_name, renamed, site_origin
from chenu.jobs.mail_headers import new_message
from chenu.jobs.mail_html import accent_dark, accent_light, mark_button, to_html, to_plain
from chenu.jobs.user_texts import unlink_user_texts
from chenu.support.business_hours import PARIS
from chenu.tokens.packs import WARNING_PACK


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
        lambda text: renamed(messages.gettext(text)),
        lambda one, many, count: renamed(messages.ngettext(one, many, count)),
        newstyle=True,
    )
    environment.globals.update(
        button=mark_button, warning_pack=WARNING_PACK, product=product_name, site=current_site
    )
    environment.filters["cents"] = lambda amount: format_cents(Cents(amount), locale)
    environment.filters["number"] = lambda count: _show_number(count, locale)
    environment.filters["moment"] = lambda iso: babel_datetime(_read(iso), "long", locale=locale)
    environment.filters["paris"] = lambda iso: babel_datetime(
        _read(iso), "d MMMM y, HH:mm '(Paris)'", tzinfo=PARIS, locale=locale
    )
    environment.filters["month"] = lambda iso: format_skeleton("yMMMM", _read(iso), locale=locale)
    environment.filters["day"] = lambda iso: format_date(
        _read(iso).astimezone(PARIS), "long", locale=locale
    )
    return environment


def _show_number(count: object, locale: Locale) -> str:
    """Raises UndefinedError for a parameter that is missing."""
    return format_number(int(str(count)), locale)


def _read(iso: str) -> datetime:
    """Raises UndefinedError for a parameter that is missing."""
    return datetime.fromisoformat(str(iso))


class Attachment(msgspec.Struct, frozen=True):
    """A PDF document."""

    name: str
    content: bytes


def compose_mail(
    mail: MailRow,
    *,
    sender: str,
    public_url: str,
    secret: bytes | None = None,
    attached: Attachment | None = None,
    seller: str = OUR_NAME,
) -> EmailMessage:
    """A complete message, of the site that is shown: chenu/core/site.py.

    Its Message-ID is made from the business key, so that duplicates are detected. `secret` signs
    the link that turns such mails off: without it, only a mail that is always sent can be composed.
    `seller` is named, on the site of a brand, by mails about contracts.
    """
    kind, public_url = MailKind(mail.kind), site_origin(public_url)
    locale = known_locale(mail.locale)
    params = unlink_user_texts(msgspec.json.decode(mail.params, type=dict[str, Any]))
    off = _unsubscribe_url(mail.to_address, MAIL_RULES[kind].topic, public_url, secret)
    given = {"is_api": False, **params}  # of mails that waited before there were API plans
    subject, body = _write(kind, locale, url=public_url, has_document=attached is not None, **given)
    message = new_message()
    message["Subject"] = " ".join(subject.split())
    message["From"] = _sender(sender)
    message["To"] = Address(addr_spec=mail.to_address)
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = message_id(mail.business_key, public_url)
    message["Auto-Submitted"] = "auto-generated"
    if off is not None:
        message["List-Unsubscribe"] = f"<{off}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    footer = _footer(kind, locale, public_url, off, seller)
    _fill(message, body, footer, locale, _own_links(public_url, params))
    if attached is not None:
        message.add_attachment(
            attached.content, maintype="application", subtype="pdf", filename=attached.name
        )
    message["Content-Language"] = locale  # last: setting the content drops such headers
    return message


def _fill(
    message: EmailMessage, body: str, footer: str, locale: Locale, ours: tuple[str, ...]
) -> None:
    """The same words as plain text and as HTML."""
    message.set_content(f"{to_plain(body, locale)}\n\n-- \n{footer}\n")
    html = (
        _environment(locale)
        .get_template("layout.html")
        .render(
            locale=locale,
            accent_light=accent_light(),
            accent_dark=accent_dark(),
            subject=message["Subject"],
            blocks=to_html(body, ours, locale),
            footer=to_html(footer, ours, locale),
        )
    )
    message.add_alternative(html, subtype="html")


def _unsubscribe_url(
    email: str, topic: MailTopic | None, public_url: str, secret: bytes | None
) -> str | None:
    """RFC 8058: one request to it, by a mail program, turns the topic off."""
    if topic is None:
        return None
    if secret is None:
        raise ValueError("a mail that can be turned off needs a signed link")
    return f"{public_url}/mail/unsubscribe?token={make_unsubscribe_token(secret, email, topic)}"


def _write(kind: MailKind, locale: Locale, **given: Any) -> tuple[str, str]:
    """The subject, and the text below it."""
    template = _environment(locale).get_template(f"{kind.lower()}.txt")
    subject, _, body = template.render(given).strip().partition("\n")
    return subject, body


def _sender(ours: str) -> str | Address:
    """The address stays ours, whose domain signs the mail; the name is the site's."""
    site = current_site()
    if site is None:
        return ours
    return Address(display_name=site.sender_name, addr_spec=parseaddr(ours)[1])


def _footer(kind: MailKind, locale: Locale, public_url: str, off: str | None, seller: str) -> str:
    """Who writes, why, and how to have no more of it."""
    reason = MAIL_RULES[kind].reason
    lines = [translate(locale, reason)]
    if current_site() is not None and reason is MailReason.CONTRACT:
        lines += [translate(locale, "Sold and invoiced by {company}.", company=seller)]
    if off is not None:
        choices = f"{public_url}/account/mail"
        lines += [translate(locale, "No more mails of this kind: {link}", link=off)]
        lines += [translate(locale, "Choose which mails you get: {link}", link=choices)]
    imprint = f"{public_url}/imprint"
    lines += [translate(locale, "CHE·NU, agents for work and life: {link}", link=imprint)]
    return "\n".join(lines)


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
