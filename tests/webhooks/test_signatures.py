"""Signatures, checked by the reference verifier of Standard Webhooks."""

import json

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from chenu.core.clock import system_now
from chenu.webhooks.signatures import PREFIX, new_secret, sign

BODY = '{"type":"webhook.test","data":{"nom":"Zoé"}}'


def test_the_reference_verifier_accepts_a_signature() -> None:
    secret = new_secret()

    headers = sign("evt_1", system_now(), BODY.encode(), [secret])

    assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)
    assert secret.startswith(PREFIX)


def test_during_a_rotation_both_secrets_accept_it() -> None:
    old, new = new_secret(), new_secret()

    headers = sign("evt_1", system_now(), BODY.encode(), [new, old])

    assert Webhook(old).verify(BODY, headers) == Webhook(new).verify(BODY, headers)


@pytest.mark.parametrize(
    "changed",
    [{"webhook-id": "evt_2"}, {"webhook-timestamp": "1"}, {"webhook-signature": "v1,eA=="}],
)
def test_what_was_changed_on_the_way_is_refused(changed: dict[str, str]) -> None:
    secret = new_secret()
    headers = sign("evt_1", system_now(), BODY.encode(), [secret])

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, {**headers, **changed})


def test_another_body_and_another_secret_are_refused() -> None:
    secret = new_secret()
    headers = sign("evt_1", system_now(), BODY.encode(), [secret])

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + " ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)
