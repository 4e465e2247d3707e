"""What a page shows of the affiliate's link that led to it: the question whether a cookie may keep
it, and the code in the links to the sign-up.
"""

import re

import msgspec

from chenu.accounts.request_context import FOLLOWED_LINK, LINK_REFUSED, RequestContext
from chenu.affiliates.click_tokens import FollowedLink, read_click, sign_click
from chenu.affiliates.codes import PARAMETER, find_code
from storefront.forms import SENT_FORM, Fields, HttpRequest

_TO_SIGN_UP = re.compile(r'href="(/sign-(?:up|in))(?=["?#])(\?)?')


class LinkQuestion(msgspec.Struct, frozen=True):
    """`token` is the signed click that a yes keeps."""

    token: str
    code: str


def find_link(request: HttpRequest) -> FollowedLink | None:
    """The one that led to this page."""
    found: FollowedLink | None = request.scope["state"].get(FOLLOWED_LINK)
    return found


def find_sent_code(request: HttpRequest) -> str | None:
    """The one in a form that is shown again."""
    sent: Fields | None = request.scope["state"].get(SENT_FORM)
    return None if sent is None else find_code(sent.find("referral_code"))


def find_question(
    link: FollowedLink | None, request_context: RequestContext, secret: bytes
) -> LinkQuestion | None:
    """None without a link, and for whoever has answered."""
    answer = request_context.followed_link
    if link is None or answer == LINK_REFUSED or read_click(answer, secret) is not None:
        return None
    return LinkQuestion(sign_click(link, secret), link.code)


def carry_code(html: str, code: str) -> str:
    """Each link of a page to the sign-up or the sign-in takes the code along."""
    return _TO_SIGN_UP.sub(
        lambda found: f'href="{found[1]}?{PARAMETER}={code}{"&amp;" if found[2] else ""}', html
    )
