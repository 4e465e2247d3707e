"""Sample mails as their recipients would see them, for the staff's page."""

import msgspec

from chenu.core.i18n import Locale
from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import MailParams
from chenu.jobs.mail_samples import sample_row, samples_of
from chenu.jobs.mail_text import compose_mail
from chenu.settings import Settings


class ComposedMail(msgspec.Struct, frozen=True):
    subject: str
    plain: str
    html: str


def compose_samples(settings: Settings, kind: MailKind, locale: Locale) -> list[ComposedMail]:
    return [_compose(settings, kind, locale, params) for params in samples_of(kind, locale)]


def _compose(
    settings: Settings, kind: MailKind, locale: Locale, params: MailParams
) -> ComposedMail:
    message = compose_mail(
        sample_row(kind, locale, params),
        sender=settings.mail_from,
        public_url=settings.public_url,
        secret=settings.secret,
    )
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    return ComposedMail(
        subject=str(message["Subject"]),
        plain=plain.get_content() if plain else "",
        html=html.get_content() if html else "",
    )
