// An organisation's OpenID Connect provider on this machine, for the demo and the tests.
// IDENTITY_PROVIDER: JSON with port, client, secret, origins (whose sign-ins come back to them),
// password (everybody's) and people (mailbox, name, groups). Its argument: where npm has installed.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { showSignIn } from "./page.mjs";

const library = resolve(process.argv[2], "node_modules/oidc-provider/lib/index.js");
const { Provider } = await import(pathToFileURL(library));

const settings = JSON.parse(process.env.IDENTITY_PROVIDER);
const issuer = `http://127.0.0.1:${settings.port}`;
const people = new Map(settings.people.map((person) => [person.mailbox, person]));
const path = /^\/sign-in\/provider\/[0-9a-f-]{36}\/callback$/;
const claims = {
  openid: ["sub"],
  email: ["email", "email_verified"],
  profile: ["name", "groups"],
};

function makeKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const kid = randomBytes(8).toString("hex");
  return { ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" };
}

function findAccount(_, mailbox) {
  const person = people.get(mailbox);
  if (!person) return undefined;
  const { name, groups } = person;
  const all = { sub: mailbox, email: mailbox, email_verified: true, name, groups };
  return { accountId: mailbox, claims: () => all };
}

// As in organisations: their administrator has agreed for everybody, and nobody is asked.
async function loadExistingGrant({ oidc }) {
  const { accountId } = oidc.session;
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId });
  grant.addOIDCScope("openid email profile");
  await grant.save();
  return grant;
}

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: settings.client,
      client_secret: settings.secret,
      redirect_uris: settings.origins,
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
    },
  ],
  claims,
  // As the providers of organisations do: what is asked for stands in the ID token.
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  cookies: { keys: [randomBytes(32).toString("hex")] },
  jwks: { keys: [makeKey()] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/sign-in/${interaction.uid}` },
  findAccount,
  loadExistingGrant,
});

// Each connection of CHE·NU has a callback of its own, which a registered one would have to name.
provider.Client.prototype.redirectUriAllowed = (uri) => {
  const { origin, pathname, search } = new URL(uri);
  return settings.origins.includes(origin) && path.test(pathname) && !search;
};

async function readForm(request) {
  let body = "";
  for await (const part of request) {
    body += part;
    if (body.length > 10_000) throw new Error("too long a form");
  }
  return new URLSearchParams(body);
}

async function signIn(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  if (request.method !== "POST") {
    return showSignIn(request, response, { mailbox: params.login_hint ?? "", wrong: false });
  }
  const form = await readForm(request);
  const mailbox = (form.get("mailbox") ?? "").trim().toLowerCase();
  if (!people.has(mailbox) || form.get("password") !== settings.password) {
    return showSignIn(request, response, { mailbox, wrong: true });
  }
  return provider.interactionFinished(request, response, { login: { accountId: mailbox } });
}

const answer = provider.callback();

async function serve(request, response) {
  if (!request.url.startsWith("/sign-in/")) return answer(request, response);
  try {
    await signIn(request, response);
  } catch (error) {
    console.error(error.message);
    response.writeHead(400, { "content-type": "text/plain" }).end("This sign-in has ended.");
  }
}

createServer(serve).listen(settings.port, "127.0.0.1", () => console.log(`ready ${issuer}`));
