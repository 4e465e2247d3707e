"""From a SAML provider back: its form posts the answer, whose outcome the browser then fetches."""

from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.core.errors import RateLimited, Unavailable
from chenu.flows.services import Services
from chenu.flows.sso.saml import describe_us
from chenu.flows.sso.saml_answers import fetch_answer, get_saml_connection, receive_answer
from chenu.saml.process_answers import MOST_BYTES
from chenu.sso.errors import SsoRefused
from chenu.sso.model import ConnectionId
from storefront.access import FROM_ELSEWHERE, PUBLIC, WITHOUT_METER
from storefront.forms import HttpRequest, read_form, read_query
from storefront.pages import Page, Pages
from storefront.routes.sso_sign_in import ONE, finish, show_refusal
from storefront.visitor import browser_of

_ACS = f"{ONE}/saml"
_MOST_SENT = 2 * MOST_BYTES
"""Base64 in a form's encoding is longer by half, and there are other fields."""
_LONGEST_STATE = 200


@post(_ACS, opt={**PUBLIC, **FROM_ELSEWHERE}, request_max_body_size=_MOST_SENT)
async def receive(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    """Comes without our cookies, and signs nobody in. Raises NotFound."""
    fields, known = await read_form(request), ConnectionId(connection_id)
    state, browser = fields.text("RelayState")[:_LONGEST_STATE], browser_of(pages.request_context)
    try:
        await receive_answer(services, known, state, fields.text("SAMLResponse"), browser)
    except (SsoRefused, RateLimited, Unavailable) as error:
        return show_refusal(pages, error)
    return pages.go(f"/sign-in/provider/{known}/saml?{urlencode({'RelayState': state})}")


@get(_ACS, opt=PUBLIC)
async def answer_saml(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    """Whom the provider has verified is signed in, or the page says why not. Raises NotFound."""
    known = ConnectionId(connection_id)
    state = read_query(request).text("RelayState")[:_LONGEST_STATE]
    try:
        answered = await fetch_answer(services, known, state)
    except Unavailable as error:
        return show_refusal(pages, error)
    return await finish(request, pages, services, known, answered)


@get(f"{ONE}/metadata", opt={**PUBLIC, **WITHOUT_METER})
async def show_metadata(
    services: NamedDependency[Services], connection_id: FromPath[UUID]
) -> Response[bytes]:
    """Ours, for the provider; its address is our entity id. Raises NotFound."""
    known = (await get_saml_connection(ConnectionId(connection_id))).id
    return Response(describe_us(services, known), media_type="application/samlmetadata+xml")
