"""A16: a thousand guesses in one request are a thousand tries, so that such a request is not begun.

Fewer guesses of coupons may come in one document: tests/api/test_coupons.py shows that each counts.
"""

import httpx
import pytest

from chenu.accounts.attempts import SIGN_IN_PER_EMAIL
from chenu.flows.services import Services
from tests.api.calls import Api
from tests.people import PASSWORD, make_person
from tests.rows import count

GUESSES = 1_000
RIGHT = f'signIn(input: {{email: "victim@example.org", password: "{PASSWORD}"}}) {{ csrfToken }}'
GUESSED = {
    "passwords": 'signIn(input: {email: "victim@example.org", password: "#"}) { csrfToken }',
    "second factors": (
        'signIn(input: {email: "victim@example.org", password: "x", code: "#"}) { csrfToken }'
    ),
    "mailed links": 'passwordReset(input: {token: "#", newPassword: "a new one"}) { ok }',
    "own passwords": 'passwordChange(input: {currentPassword: "#", newPassword: "b"}) { ok }',
    "mailed addresses": 'emailVerify(token: "#") { ok }',
}
"""# is the guess."""


def aliased(field: str, guesses: int) -> list[str]:
    return [f"g{number}: {field.replace('#', str(number))}" for number in range(guesses)]


async def victim_s_sessions() -> int:
    return await count("user_session s JOIN app_user u ON u.id = s.owner", "u.email LIKE 'victim%'")


@pytest.mark.parametrize("field", GUESSED.values(), ids=GUESSED.keys())
@pytest.mark.parametrize("guesses", [6, 30, GUESSES])
async def test_guesses_beside_each_other_are_not_begun(
    client: httpx.AsyncClient, services: Services, field: str, guesses: int
) -> None:
    await make_person("victim")
    before = await victim_s_sessions()
    parts = [*aliased(field, guesses), f"right: {RIGHT}"]

    reply = await Api(client).send(f"mutation {{ {' '.join(parts)} }}")

    assert set(reply.codes) == {"VALIDATION_FAILED"}
    assert "data" not in reply.body
    assert "set-cookie" not in reply.http.headers
    assert await victim_s_sessions() == before
    assert await count("attempt_window") == 0


async def test_guesses_through_fragments_or_operations_or_a_batch_are_not_begun(
    client: httpx.AsyncClient, services: Services
) -> None:
    await make_person("victim")
    before, fields = await victim_s_sessions(), " ".join(aliased(RIGHT, 10))
    spread = f"mutation {{ ...A ...A }} fragment A on Mutation {{ {fields} }}"
    several = " ".join(f"mutation M{number} {{ {RIGHT} }}" for number in range(100))
    batch = [{"query": f"mutation {{ {RIGHT} }}"}] * GUESSES

    replies = [await Api(client).send(document) for document in (spread, several)]
    batched = await client.post("/graphql", json=batch)

    assert [set(reply.codes) <= {"VALIDATION_FAILED", "BAD_INPUT"} for reply in replies] == [
        True
    ] * 2
    assert all(reply.codes for reply in replies)
    assert batched.status_code == 400
    assert await victim_s_sessions() == before
    assert await count("attempt_window") == 0


async def test_one_guess_a_request_is_one_try(
    client: httpx.AsyncClient, services: Services
) -> None:
    await make_person("victim")
    wrong = GUESSED["passwords"]

    for number in range(SIGN_IN_PER_EMAIL.tries):
        await Api(client).send(f"mutation {{ {aliased(wrong, number + 1)[-1]} }}")
    right = await Api(client).send(f"mutation {{ {RIGHT} }}")

    assert right.codes == ["RATE_LIMITED"]
    assert int(right.http.headers["retry-after"]) > 0
    assert "set-cookie" not in right.http.headers
