"""Why a tool did nothing, in words by which a model or its user can go on."""

from collections.abc import Sequence

from chenu.mcp_server.answers import Answer, Refusal


class Refused(Exception):
    """The request was understood and not carried out; the message says what to do."""


class _Extensions(Answer):
    code: str = "INTERNAL"
    request_id: str | None = None
    retry_after: int | None = None


class TopError(Answer):
    """One of the `errors` of an answer."""

    message: str
    extensions: _Extensions = _Extensions()


_ADVICE = {
    "UNAUTHENTICATED": "The API key is wrong, expired or revoked: its owner makes one at {site}/"
    "developers and starts this server with it.",
    "FORBIDDEN": "The key's owner makes one with the scope that is missing at {site}/developers.",
    "PLAN_REQUIRED": "The account needs another plan: {site}/pricing.",
    "RATE_LIMITED": "Wait {wait} seconds, then send it again.",
    "QUOTA_EXCEEDED": "The plans of the API are at {site}/developers.",
    "IDEMPOTENCY_CONFLICT": "Take a new idempotency_key for a new run; the same one repeats the "
    "same call only.",
    "UNAVAILABLE": "Nothing is done twice if you repeat the same call with the same "
    "idempotency_key; wait {wait} seconds.",
    "COST_EXCEEDED": "Ask for fewer at once.",
    "INTERNAL": "This is our mistake; name the request {request} to {site}/support.",
    "INSUFFICIENT_TOKENS": "The owner gets more tokens at {site}/tokens.",
}
_USUAL_WAIT = 5


def explain_errors(errors: Sequence[TopError], site: str) -> Refused:
    """The first says why; the others follow from it."""
    error = errors[0]
    known = error.extensions
    advice = _ADVICE.get(known.code, "").format(
        site=site,
        wait=known.retry_after or _USUAL_WAIT,
        request=known.request_id,
    )
    return Refused(f"{known.code}: {_sentence(error.message)} {advice}".strip())


def explain_refusals(refusals: Sequence[Refusal], site: str) -> Refused:
    return Refused("\n".join(_explain(refusal, site) for refusal in refusals))


def _explain(refusal: Refusal, site: str) -> str:
    field = f" ({'.'.join(refusal.path)})" if refusal.path else ""
    parts = [f"{refusal.code}{field}: {_sentence(refusal.message)}"]
    if refusal.required is not None:
        parts.append(f"Needed: {refusal.required}, available: {refusal.available}.")
    if refusal.cheapest_pack is not None:
        parts.append(f"The pack {refusal.cheapest_pack.code} would do.")
    if refusal.cheapest_tier is not None:
        parts.append(f"The plan {refusal.cheapest_tier.code} would do.")
    parts.append(_ADVICE.get(refusal.code, "").format(site=site, wait=_USUAL_WAIT, request=""))
    return " ".join(filter(None, parts))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
