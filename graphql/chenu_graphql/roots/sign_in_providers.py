"""Setting up single sign-on."""

import strawberry

from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import OWNERS
from chenu_graphql.provider_changes import (
    SignInProviderRemovePayload,
    resolve_create_saml,
    resolve_remove,
    resolve_update,
    resolve_update_saml,
)
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
        "Enters a provider that speaks OpenID Connect; its owner then tries it by its trialUrl.",
        OWNERS,
        resolve_create,
        weight=CHANGE,
    )
    sign_in_provider_update: SignInProviderPayload = field(
        "Changes a provider that speaks OpenID Connect.",
        OWNERS,
        resolve_update,
        weight=CHANGE,
    )
    saml_provider_create: SignInProviderPayload = field(
        "Enters a provider that speaks SAML 2.0; its owner then tries it by its trialUrl.",
        OWNERS,
        resolve_create_saml,
        weight=CHANGE,
    )
    saml_provider_update: SignInProviderPayload = field(
        "Changes a provider that speaks SAML 2.0, such as its certificates.",
        OWNERS,
        resolve_update_saml,
        weight=CHANGE,
    )
    sign_in_provider_remove: SignInProviderRemovePayload = field(
        "Removes a provider with its directory's token; members stay, and sign in by password. "
        "INVALID_STATE while it is required.",
        OWNERS,
        resolve_remove,
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
