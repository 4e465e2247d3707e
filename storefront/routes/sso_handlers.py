"""The handlers of single sign-on."""

from storefront.routes import (
    saml_setup,
    saml_sign_in,
    sso_connection,
    sso_directory,
    sso_setup,
    sso_sign_in,
)

SSO_HANDLERS = (
    sso_sign_in.begin,
    sso_sign_in.answer,
    sso_sign_in.show_join,
    sso_sign_in.join,
    sso_setup.show_setup,
    sso_setup.add_domain,
    sso_setup.prove_domain,
    sso_setup.remove_domain,
    sso_setup.add_connection,
    saml_setup.add_saml,
    saml_setup.save_saml,
    saml_sign_in.receive,
    saml_sign_in.answer_saml,
    saml_sign_in.show_metadata,
    sso_connection.show_connection,
    sso_connection.save_connection,
    sso_connection.try_connection,
    sso_connection.turn_on,
    sso_connection.turn_off,
    sso_connection.require,
    sso_connection.make_optional,
    sso_connection.remove,
    sso_directory.make_token,
    sso_directory.end_token,
)
