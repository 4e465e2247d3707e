"""Metadata of a SAML provider that is read from where the provider publishes it."""

from msgspec.structs import replace

from chenu.accounts.actor import Actor
from chenu.accounts.attempts import count_attempt
from chenu.accounts.confirmation import RECENT, require_fresh
from chenu.core.errors import Invalid
from chenu.core.i18n import mark
from chenu.flows.services import Services
from chenu.flows.sso.availability import PER_IP
from chenu.flows.sso.saml_setup import SamlInput
from chenu.flows.sso.setup import require_setting_up
from chenu.saml.verifier import require_saml
from chenu.webhooks.targets import read_target

_ACCEPT = {
    "Accept": "application/samlmetadata+xml, application/xml, text/xml",
    "User-Agent": "CHENU-SSO/1",
}


async def read_published(services: Services, actor: Actor, data: SamlInput) -> SamlInput:
    """With the document itself where `metadata` is the https URL of one: read now, and not later.

    Asked for as webhooks are sent. Raises Forbidden, PlanRequired, Unverified, Invalid,
    RateLimited, SignInAgain, and InvalidState where SAML is not installed.
    """
    url = data.metadata.strip()
    if "<" in url or "://" not in url:
        return data
    require_setting_up(actor)
    require_saml()
    http = services.providers.http
    try:
        read_target(url, allows_loopback=http.allows_loopback)
    except Invalid as error:
        raise Invalid(error.message, path=("metadata",), **error.params) from None
    await require_fresh(actor, RECENT)
    await count_attempt(PER_IP, actor.ip)
    answer = await http.get(url, _ACCEPT)
    if not answer.is_success:
        message = mark("There is no metadata at this URL ({reason}): please paste its text")
        reason = answer.error.value or f"HTTP {answer.status}"
        raise Invalid(message, path=("metadata",), reason=reason)
    return replace(data, metadata=answer.body.decode("utf-8", "replace"))
