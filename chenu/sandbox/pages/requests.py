"""What page handlers read from a request."""

from typing import Any

from litestar import Request
from litestar.datastructures import State

from chenu.sandbox.runtime import Sandbox

HttpRequest = Request[Any, Any, State]


def sandbox_of(request: HttpRequest) -> Sandbox:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


async def form_of(request: HttpRequest) -> dict[str, str]:
    """The fields of a posted form that are plain text."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def pressed_button(form: dict[str, str], *buttons: str) -> str | None:
    """Which button was used: `action=<button>`, or a field with the button's own name."""
    action = form.get("action")
    if action in buttons:
        return action
    return next((button for button in buttons if button in form), None)
