// An OpenID Connect provider on this machine: anybody signs in with their mailbox and any password.
// Arguments: port, client id, client secret, redirect URI.
import { Provider } from "oidc-provider";

const [port, client, secret, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: client,
      client_secret: secret,
      redirect_uris: [redirect],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  // As the providers of organisations do: what is asked for stands in the ID token.
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  cookies: { keys: ["of the tests alone"] },
  findAccount: (_, mailbox) => ({
    accountId: mailbox,
    claims: () => ({
      sub: mailbox,
      email: mailbox,
      email_verified: true,
      name: mailbox.split("@")[0],
    }),
  }),
});

provider.listen(Number(port), "127.0.0.1", () => console.log(`ready ${issuer}`));
