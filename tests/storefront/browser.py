"""A browser without JavaScript: cookies, forms with their hidden fields, redirects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from chenu.accounts.request_context import session_cookie_name
from chenu.settings import Settings
from tests.people import Person
from tests.storefront.html import Form, PageReader

Typed = Mapping[str, str | list[str]]


@dataclass
class Seen:
    """A response, parsed as a page."""

    response: httpx.Response
    page: PageReader

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def location(self) -> str:
        return str(self.response.headers.get("location", ""))

    @property
    def words(self) -> str:
        return self.page.words()

    @property
    def title(self) -> str:
        return self.page.words("title")

    def buy_panel(self) -> str:
        """The text of the buy panel on an agent's page."""
        [aside] = self.page.find("aside", id="buy")
        return " ".join(aside.text.split())

    def form(self, action: str) -> Form:
        """The form with this action."""
        found = [form for form in self.page.forms if form.action == action]
        assert found, f"no form for {action} among {[form.action for form in self.page.forms]}"
        return found[0]

    def has_form(self, action: str) -> bool:
        return any(form.action == action for form in self.page.forms)

    def links(self) -> list[str]:
        return [link.attributes.get("href", "") for link in self.page.find("a")]


class Browser:
    """One visitor. `locale` is the browser's language."""

    def __init__(self, client: httpx.AsyncClient, settings: Settings, locale: str = "en") -> None:
        self._client = client
        self._settings = settings
        self._client.headers["accept-language"] = locale
        self._here = ""

    @property
    def client(self) -> httpx.AsyncClient:
        return self._client

    def become(self, person: Person) -> "Browser":
        """Takes over the person's session cookie."""
        self._client.cookies.set(session_cookie_name(self._settings), person.token)
        return self

    def forget(self) -> None:
        self._client.cookies.clear()

    async def get(self, url: str, **headers: str) -> Seen:
        path = self._path(url)
        response = await self._client.get(path, headers=_as_headers(headers))
        if response.status_code < 300:
            self._here = path
        return Seen(response, PageReader(response.text))

    async def open(self, url: str) -> Seen:
        """Like `get`, and follows redirects within our own site."""
        seen = await self.get(url)
        while seen.status in (302, 303) and self._is_ours(seen.location):
            seen = await self.get(seen.location)
        return seen

    async def submit(
        self, seen: Seen, action: str, typed: Typed | None = None, *, button: str = "", to: str = ""
    ) -> Seen:
        """Fills in and sends the form for `action`.

        `button` is name=value of the pressed button; `to` is where that one sends the form instead.
        """
        form = seen.form(action)
        typed = typed or {}
        unknown = set(typed) - form.names()
        assert not unknown, f"the form has no {unknown}"
        data: list[tuple[str, str]] = [pair for pair in form.fields if pair[0] not in typed]
        for name, value in typed.items():
            data += [(name, each) for each in ([value] if isinstance(value, str) else value)]
        if button:
            name, _, value = button.partition("=")
            assert (name, value) in form.buttons
            data.append((name, value))
        assert not to or to in form.other_actions
        return await self.post(to or form.action, data)

    async def upload(
        self, seen: Seen, action: str, content: bytes, typed: Mapping[str, str] | None = None
    ) -> Seen:
        """Sends the form for `action` with a file as its field `picture`, as browsers do."""
        form = seen.form(action)
        texts = {**dict(form.fields), **(typed or {})}
        texts.pop("picture", None)
        response = await self._client.post(
            self._path(action),
            data=texts,
            files={"picture": ("picture.png", content, "image/png")},
            headers=self._own_headers(),
        )
        return Seen(response, PageReader(response.text))

    async def post(
        self, url: str, data: list[tuple[str, str]] | dict[str, str], **headers: str
    ) -> Seen:
        """Sends a form as browsers do, with its origin."""
        sent = {
            **self._own_headers(),
            "content-type": "application/x-www-form-urlencoded",
            **_as_headers(headers),
        }
        response = await self._client.post(
            self._path(url), content=urlencode(data).encode(), headers=sent
        )
        return Seen(response, PageReader(response.text))

    async def follow(self, seen: Seen) -> Seen:
        """Follows the redirect after a form; the test fails if there is none."""
        assert seen.status == 303, (seen.status, seen.page.errors(), seen.words[:400])
        return await self.open(seen.location)

    def _own_headers(self) -> dict[str, str]:
        own = self._settings.public_url
        referer = f"{own}{self._here or '/'}"
        return {"origin": own, "sec-fetch-site": "same-origin", "referer": referer}

    def _path(self, url: str) -> str:
        return url.removeprefix(self._settings.public_url) or "/"

    def _is_ours(self, url: str) -> bool:
        return url.startswith(("/", self._settings.public_url))


def _as_headers(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
