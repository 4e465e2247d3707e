"""Checks recorded exchanges and objects against the SDK's types.

`python -m chenu.sandbox.contract check FILE.jsonl` reads what the sandbox records: one exchange a
line, {"method", "path", "form", "headers", "status", "response"}; or one object a line, such as
`GET /_sandbox/events.jsonl` gives. Exit status 1 if anything is wrong.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chenu.sandbox.contract.requests import read_request
from chenu.sandbox.contract.responses import check_answer, check_object
from chenu.sandbox.contract.routes import calls
from chenu.sandbox.engine.errors import Refused
from chenu.sandbox.engine.json_types import Json, loads


@dataclass(frozen=True, slots=True)
class Violation:
    """`side` is request, lax (accepted though invalid), response or object."""

    side: str
    call: str
    text: str


def check_exchange(exchange: Json) -> list[Violation]:
    """Everything that is wrong with one recorded exchange."""
    method, path, status = exchange["method"], exchange["path"], exchange.get("status") or 0
    call = calls().find(method, path)
    if call is None:
        return [Violation("request", f"{method} {path}", "the SDK knows no such call")]
    name = f"{method} {call.template}"
    found: list[Violation] = []
    account = (exchange.get("headers") or {}).get("stripe-account", "")
    try:
        read_request(call, exchange.get("form") or {}, account=account)
    except Refused as refusal:
        found.append(Violation("request", name, refusal.message))
        if 0 < status < 400:
            found.append(Violation("lax", name, f"answered {status} to: {refusal.message}"))
    if status and exchange.get("response") is not None:
        answer = check_answer(call, status, exchange["response"])
        found += [Violation("response", name, text) for text in answer]
    return found


def check_lines(lines: Iterable[str]) -> Iterator[Violation]:
    """Exchanges and bare objects, one JSON a line."""
    for line in lines:
        if not line.strip():
            continue
        value = loads(line)
        if "method" in value:
            yield from check_exchange(value)
        else:
            kind = str(value.get("object"))
            yield from (Violation("object", kind, text) for text in check_object(value))


def main(arguments: list[str]) -> int:
    if len(arguments) < 2 or arguments[0] != "check":
        sys.stderr.write("usage: python -m chenu.sandbox.contract check FILE.jsonl...\n")
        return 2
    counts: Counter[Violation] = Counter()
    lines = 0
    for name in arguments[1:]:
        text = Path(name).read_text(encoding="utf-8").splitlines()
        lines += len(text)
        counts.update(check_lines(text))
    for violation, count in counts.most_common():
        sys.stdout.write(f"{count:5} {violation.side:8} {violation.call}: {violation.text}\n")
    sys.stdout.write(f"{lines} lines, {counts.total()} violations\n")
    return 1 if counts else 0
