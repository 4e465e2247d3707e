"""Records API exchanges for inspection, in the format that the contract check reads."""

import time
from collections import deque
from typing import BinaryIO

from chenu.sandbox.api.http_messages import ApiRequest
from chenu.sandbox.config import SandboxConfig
from chenu.sandbox.engine.json_types import Json, dumps, loads

_RECORDED_HEADERS = (
    "content-type",
    "idempotency-key",
    "stripe-account",
    "stripe-context",
    "stripe-version",
)
_MOST_IN_MEMORY = 2000


class Exchanges:
    """The latest exchanges in memory; all of them in a file if the configuration names one."""

    def __init__(self, config: SandboxConfig) -> None:
        self._recent: deque[bytes] = deque(maxlen=_MOST_IN_MEMORY)
        self._file: BinaryIO | None = None
        if config.record is not None:
            self._file = config.record.open("ab", buffering=0)

    def record(self, request: ApiRequest, form: Json, status: int, answer: bytes) -> None:
        """Status 0: the client got no answer.

        `page_token` is out of the URL of a next page, which the SDK follows as it was answered: it
        is no parameter that a caller writes.
        """
        page_token = form.get("page") if request.v2 else None
        line = dumps(
            {
                "ts": time.time(),
                "request_id": request.id,
                "method": request.method,
                "path": request.path,
                "page_token": page_token,
                "form": {k: v for k, v in form.items() if page_token is None or k != "page"},
                "headers": {
                    k: request.headers[k] for k in _RECORDED_HEADERS if k in request.headers
                },
                "status": status,
                "response": loads(answer) if status else None,
            }
        )
        self._recent.append(line)
        if self._file is not None:
            self._file.write(line + b"\n")

    def lines(self, request_id: str | None = None) -> bytes:
        """JSON lines, oldest first; of one request if its id is given."""
        wanted = f'"request_id":"{request_id}"'.encode() if request_id else b""
        return b"".join(line + b"\n" for line in self._recent if wanted in line)

    def clear(self) -> None:
        self._recent.clear()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
