"""A page of Chromium that records everything that a foreign script would do."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Dialog, Page, Request, Route

REPORT = "policy broken:"
_REPORTER = f"""
    document.addEventListener("securitypolicyviolation", (event) =>
        console.log("{REPORT}", event.violatedDirective, event.blockedURI));
"""
_SCAN = """() => {
    const isScript = (attribute) => attribute.name.startsWith("on")
        || attribute.name === "srcdoc" || attribute.name.startsWith("hx-on")
        || (["href", "src", "action", "formaction", "data", "xlink:href"].includes(attribute.name)
            && /^[\\s\\x00-\\x20]*(javascript|vbscript|data:text)/i.test(attribute.value));
    const found = [...document.querySelectorAll("*")].flatMap((element) =>
        [...element.attributes].filter(isScript).map((it) => `${element.tagName} ${it.name}`));
    const isData = (element) => {
        try { return Boolean(JSON.parse(element.textContent)); } catch { return false; }
    };
    const data = [...document.querySelectorAll("script[type='application/ld+json']")];
    found.push(...data.filter((it, at) => at || !isData(it)).map((it) => it.outerHTML));
    const strange = "script:not([src], [type='application/ld+json']), style, base, iframe,"
        + "object, embed, meta[http-equiv],"
        + "link[href*='evil'], img[src*='evil'], form[action*='evil']";
    return found.concat([...document.querySelectorAll(strange)].map((it) => it.outerHTML));
}"""


_LOOKS = re.compile(r"/(static/css|static/vendor/.*(woff2?|css)|icons)/?")
"""Our styles, fonts and icons, which are not loaded: the pages are as dangerous without them."""


@dataclass
class Watched:
    """`noticed` lists everything that should not have happened."""

    page: Page
    url: str
    noticed: list[str] = field(default_factory=list)

    async def scan(self, *, allowed: str = "") -> list[str]:
        """Elements of the page that could run a script, except those that contain `allowed`."""
        found: list[Any] = await self.page.evaluate(_SCAN)
        return [str(each) for each in found if not (allowed and allowed in str(each))]

    async def on_dialog(self, dialog: Dialog) -> None:
        self.noticed.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def on_console(self, message: ConsoleMessage) -> None:
        if REPORT in message.text or "Content Security Policy" in message.text:
            self.noticed.append(f"policy: {message.text}")

    def on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme.startswith("http") and not request.url.startswith(self.url):
            self.noticed.append(f"request: {request.url}")


async def _abort(route: Route) -> None:
    await route.abort()


@asynccontextmanager
async def watch(browser: Browser, url: str, token: str | None = None) -> AsyncIterator[Watched]:
    """A browser, with this session if any; requests to other hosts are blocked."""
    context = await browser.new_context(locale="en-GB")
    if token is not None:
        await context.add_cookies([{"name": "chenu_session", "value": token, "url": url}])
    await context.add_init_script(_REPORTER)
    await context.route(re.compile(rf"^https?://(?!{re.escape(urlsplit(url).netloc)})"), _abort)
    await context.route(_LOOKS, _abort)
    page = await context.new_page()
    watched = Watched(page, url)
    page.on("dialog", watched.on_dialog)
    page.on("console", watched.on_console)
    page.on("request", watched.on_request)
    page.on("pageerror", lambda error: watched.noticed.append(f"script: {error}"))
    try:
        yield watched
    finally:
        await context.close()
