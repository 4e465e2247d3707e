"""Every mail that we send, with made-up data, in both languages: for staff to read first."""

from collections.abc import Callable, Sequence
from typing import Protocol

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.core.errors import NotFound
from chenu.core.i18n import LOCALES, Locale, is_locale
from chenu.core.mail_kinds import MAIL_RULES, MailKind
from chenu.settings import Settings
from storefront import words
from storefront.access import SUPPORT
from storefront.pages import Page, Pages

_FRAME = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
"""A mail's styles are its own, as in mail programs; nothing in it runs, loads or navigates."""


class SampleMail(Protocol):
    @property
    def subject(self) -> str: ...

    @property
    def plain(self) -> str: ...

    @property
    def html(self) -> str: ...


ComposeSamples = Callable[[Settings, MailKind, Locale], Sequence[SampleMail]]
"""Passed in by chenu.app: mails are composed by the worker's code."""


@get("/staff/mails", opt=SUPPORT)
async def show_mails(
    pages: NamedDependency[Pages], compose_samples: NamedDependency[ComposeSamples]
) -> Page:
    subjects = {
        kind: compose_samples(pages.settings, kind, pages.locale)[0].subject for kind in MailKind
    }
    return pages.show(
        "staff/mails.html", subjects=subjects, rules=MAIL_RULES, topics=words.MAIL_TOPICS
    )


@get("/staff/mails/{kind:str}", opt=SUPPORT)
async def show_mail(
    pages: NamedDependency[Pages],
    compose_samples: NamedDependency[ComposeSamples],
    kind: FromPath[str],
) -> Page:
    found = _get_kind(kind)
    mails = {locale: compose_samples(pages.settings, found, locale) for locale in LOCALES}
    return pages.show(
        "staff/mail.html",
        kind=found,
        mails=mails,
        rule=MAIL_RULES[found],
        languages=words.LANGUAGES,
    )


@get("/staff/mails/{kind:str}/{language:str}/{number:int}", opt=SUPPORT)
async def show_mail_html(
    pages: NamedDependency[Pages],
    compose_samples: NamedDependency[ComposeSamples],
    kind: FromPath[str],
    language: FromPath[str],
    number: FromPath[int],
) -> Response[str]:
    """The HTML part alone, for the frame of the page."""
    samples = (
        compose_samples(pages.settings, _get_kind(kind), language) if is_locale(language) else ()
    )
    if not 0 <= number < len(samples):
        raise NotFound("There is no such mail")
    headers = {"Content-Security-Policy": _FRAME, "Cache-Control": "no-store"}
    return Response(samples[number].html, media_type="text/html; charset=utf-8", headers=headers)


def _get_kind(name: str) -> MailKind:
    try:
        return MailKind(name.upper())
    except ValueError:
        raise NotFound("There is no such mail") from None
