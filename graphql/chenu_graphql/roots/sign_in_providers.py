"""Setting up single sign-on."""

import strawberry

from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import OWNERS
from chenu_graphql.scim_tokens import (
    ScimTokenPayload,
    resolve_create_token,
    resolve_revoke_token,
)
from chenu_graphql.sign_in_providers import (
    MailDomainPayload,
    SignInProviderPayload,
    resolve_add_domain,
    resolve_create,
    resolve_mode,
    resolve_prove_domain,
)


@strawberry.type
class SignInProviderMutations:
    mail_domain_add: MailDomainPayload = field(
        "Enters a mail domain of the account; its DNS record proves it.",
        OWNERS,
        resolve_add_domain,
        weight=CHANGE,
    )
    mail_domain_prove: MailDomainPayload = field(
        "Asks DNS for the record of a mail domain.",
        OWNERS,
        resolve_prove_domain,
        weight=CHANGE,
    )
    sign_in_provider_create: SignInProviderPayload = field(
        "Enters a provider; its owner then tries it on /account/sign-in.",
        OWNERS,
        resolve_create,
        weight=CHANGE,
    )
    sign_in_provider_mode_choose: SignInProviderPayload = field(
        "Switches a provider on or off, or requires it.",
        OWNERS,
        resolve_mode,
        weight=CHANGE,
    )
    scim_token_create: ScimTokenPayload = field(
        "Makes the token of a provider's directory; one that there was ends at once.",
        OWNERS,
        resolve_create_token,
        weight=CHANGE,
    )
    scim_token_revoke: ScimTokenPayload = field(
        "Ends the token of a provider's directory at once and for good.",
        OWNERS,
        resolve_revoke_token,
        weight=CHANGE,
    )
