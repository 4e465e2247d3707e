"""Verifies one answer from its standard input: `python -m chenu.saml.verification_process`.

A process of its own, which has neither settings nor connections: XML libraries and xmlsec1, which
inherits its limits, read what strangers wrote.
"""

import sys

import msgspec

from chenu.core.process_limits import limit_process
from chenu.saml.process_answers import REFUSED, Question, RefusedAnswer
from chenu.saml.refusals import Refusal, SamlRefused
from chenu.saml.verification import verify

MOST_SECONDS = 8
MOST_MEMORY = 512_000_000


def main() -> int:
    limit_process(cpu_seconds=MOST_SECONDS, memory=MOST_MEMORY)
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    try:
        answer = verify(question.response, question.expected)
    except SamlRefused as refused:
        sys.stdout.buffer.write(msgspec.json.encode(RefusedAnswer(refused.refusal, refused.detail)))
        return REFUSED
    except (MemoryError, RecursionError):
        sys.stdout.buffer.write(msgspec.json.encode(RefusedAnswer(Refusal.TOOK_TOO_LONG, "")))
        return REFUSED
    sys.stdout.buffer.write(msgspec.json.encode(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
