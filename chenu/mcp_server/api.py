"""Sends operations to the API with the caller's key, and reads what it answers."""

import unicodedata
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from chenu.mcp_server.answers import Answer
from chenu.mcp_server.documents import Document
from chenu.mcp_server.refusals import Refused, TopError, explain_errors

Reply = TypeVar("Reply", bound=Answer)

TIMEOUT = httpx.Timeout(30, connect=10)
_NOT_STORED = "PERSISTED_QUERY_NOT_FOUND"
"""From an API that is older than this server."""
_ERRORS = TypeAdapter(list[TopError])
_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"


class Api:
    """`find_key` gives the key of the request that is being answered; it may raise Refused."""

    def __init__(self, http: httpx.AsyncClient, site: str, find_key: Callable[[], str]) -> None:
        self._http, self.site, self._find_key = http, site, find_key

    async def ask(self, document: Document, reply: type[Reply], **variables: Any) -> Reply:
        """Raises Refused."""
        given = {name: value for name, value in variables.items() if value is not None}
        answer, errors = await self._send({"documentId": document.id, "variables": given})
        if errors and errors[0].extensions.code == _NOT_STORED:
            answer, errors = await self._send({"query": document.text, "variables": given})
        if errors:
            raise explain_errors(errors, self.site)
        try:
            return reply.model_validate(answer.get("data"))
        except ValidationError:
            raise _unknown_form() from None

    async def _send(self, body: dict[str, Any]) -> tuple[dict[str, Any], list[TopError]]:
        answer = self._read(await self._post(body))
        try:
            return answer, _ERRORS.validate_python(answer.get("errors") or [])
        except ValidationError:
            raise _unknown_form() from None

    async def _post(self, body: dict[str, Any]) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._find_key()}", "accept-language": "en"}
        try:
            return await self._http.post(f"{self.site}/graphql", json=body, headers=headers)
        except httpx.HTTPError as error:
            raise Refused(
                f"{self.site} did not answer ({type(error).__name__}). Nothing is done twice if "
                "you repeat the same call with the same idempotency_key."
            ) from None

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        """Proxies in between answer in other forms."""
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if isinstance(answer, dict) and ("data" in answer or "errors" in answer):
            return {name: drop_unseen(value) for name, value in answer.items()}
        raise Refused(
            f"{self.site}/graphql answered with status {response.status_code}, not as the API of "
            "CHE·NU does. Its owner checks CHENU_API_URL."
        )


def _unknown_form() -> Refused:
    return Refused("The API answered in a form that this server does not know: update chenu[mcp].")


def drop_unseen(value: Any) -> Any:
    """Without characters that people cannot see but models read, in which orders can be hidden."""
    if isinstance(value, str):
        return value if value.isascii() else "".join(filter(_is_seen, value))
    if isinstance(value, dict):
        return {name: drop_unseen(held) for name, held in value.items()}
    if isinstance(value, list):
        return [drop_unseen(held) for held in value]
    return value


def _is_seen(char: str) -> bool:
    """Joiners shape letters and pictures; the supplement of variation selectors carries bytes."""
    if "\U000e0100" <= char <= "\U000e01ef":
        return False
    return char in _JOINERS or unicodedata.category(char) != "Cf"
