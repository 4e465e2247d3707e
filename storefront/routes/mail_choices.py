"""What people want to hear from us: the page of choices, and the link in each mail of a topic."""

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.mail_choices import choose_mails, list_wanted_topics
from chenu.core.errors import Invalid
from chenu.core.i18n import mark
from chenu.core.mail_kinds import MailTopic
from chenu.core.mail_preferences import Unsubscription, read_unsubscribe_token, turn_off
from storefront import words
from storefront.access import PUBLIC, SIGNED_IN
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, read_form, read_query
from storefront.pages import Page, Pages

_BAD_LINK = mark("This link is not complete: please copy all of it from the mail")


@get("/account/mail", opt=SIGNED_IN)
async def show_choices(pages: NamedDependency[Pages]) -> Page:
    wanted = await list_wanted_topics(pages.request_context.actor)
    return _render(pages, FormView("mail", {"topic": "\n".join(wanted)}))


def _render(pages: Pages, form: FormView, status: int = 200) -> Page:
    return pages.show("account/mail.html", status, form=form, topics=words.MAIL_TOPICS)


@post("/account/mail", opt=SIGNED_IN)
async def save_choices(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        await choose_mails(pages.request_context.actor, _read_topics(fields))
    except REFUSALS as error:
        form = pages.refused("mail", {"topic": "\n".join(fields.all("topic"))}, error)
        return _render(pages, form, pages.status(error))
    return pages.go("/account/mail?notice=mail-chosen")


def _read_topics(fields: Fields) -> list[MailTopic]:
    try:
        return [MailTopic(value) for value in fields.all("topic")]
    except ValueError:
        allowed = ", ".join(MailTopic)
        message = mark("Please choose one of {allowed}")
        raise Invalid(message, path=("topic",), allowed=allowed) from None


@get("/mail/unsubscribe", opt=PUBLIC)
async def show_unsubscribe(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """Requires a click, because programs that open every link of a mail must not turn it off."""
    token = read_query(request).text("token")
    found = read_unsubscribe_token(pages.settings.secret, token)
    return _answer(pages, found, token, is_done=False)


@post("/mail/unsubscribe", opt=PUBLIC)
async def unsubscribe(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """By the form, or by a mail program's one request (RFC 8058): signed out, without cookies."""
    fields = await read_form(request)
    token = fields.find("token") or read_query(request).text("token")
    found = read_unsubscribe_token(pages.settings.secret, token)
    if found is not None:
        await turn_off(found)
    return _answer(pages, found, token, is_done=True)


def _answer(pages: Pages, found: Unsubscription | None, token: str, *, is_done: bool) -> Page:
    if found is None:
        error = Invalid(_BAD_LINK, path=("token",))
        form, status = pages.refused("unsubscribe", {}, error), pages.status(error)
        return pages.show("people/unsubscribe.html", status, form=form, topic="", is_done=False)
    topic = pages.say(words.MAIL_TOPICS[found.topic])
    form = FormView("unsubscribe", {"token": token})
    return pages.show("people/unsubscribe.html", form=form, topic=topic, is_done=is_done)
