// A SAML provider by samlify, with the page on which people sign in there. Its settings are one
// line of JSON on the standard input; it says its metadata once it answers.
import http from "node:http";
import readline from "node:readline";
import samlify from "samlify";

const REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
const MAILBOX = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const { SamlLib } = samlify;

const STATEMENT =
  '<saml:AuthnStatement AuthnInstant="{IssueInstant}"><saml:AuthnContext><saml:AuthnContextClassRef>' +
  "urn:oasis:names:tc:SAML:2.0:ac:classes:Password" +
  "</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>";
const TEMPLATE = SamlLib.defaultLoginResponseTemplate.context.replace("{AuthnStatement}", STATEMENT);

samlify.setSchemaValidator({ validate: () => Promise.resolve("not checked here") });

const [line] = await new Promise((resolve) => {
  const lines = readline.createInterface({ input: process.stdin });
  lines.once("line", (text) => resolve([text]));
});
const settings = JSON.parse(line);

const attribute = { name: "mail", valueTag: "user.email", nameFormat: "urn:oasis:names:tc:SAML:2.0:attrname-format:basic", valueXsiType: "xs:string" };
const server = http.createServer(handle);
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(JSON.stringify({ metadata: provider().getMetadata() }) + "\n");
});

// By another name than the product's own: to a browser it is another site.
function provider() {
  const location = `http://localhost:${server.address().port}/sso`;
  return samlify.IdentityProvider({
    entityID: "https://samlify.example/metadata",
    signingCert: settings.certificate,
    privateKey: settings.privateKey,
    requestSignatureAlgorithm: SHA256,
    nameIDFormat: [MAILBOX],
    singleSignOnService: [
      { Binding: REDIRECT, Location: location },
      { Binding: POST, Location: location },
    ],
    loginResponseTemplate: { context: TEMPLATE, attributes: [attribute] },
  });
}

async function handle(request, response) {
  try {
    const query = Object.fromEntries(new URL(request.url, "http://x").searchParams);
    const page = request.method === "POST" ? await enter(query, await read(request)) : login();
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(`<!doctype html><title>Company</title>${page}`);
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
}

async function read(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString()));
}

// To the same address, whose query is the request.
function login() {
  return '<form method="post"><input name="email"><input name="password" type="password"><button>Sign in</button></form>';
}

async function enter(query, typed) {
  if (typed.password !== settings.password) return login();
  const idp = provider();
  const sp = samlify.ServiceProvider({ metadata: settings.serviceMetadata });
  const parsed = await idp.parseLoginRequest(sp, "redirect", { query });
  const user = { email: typed.email };
  const made = await idp.createLoginResponse(sp, parsed, "post", user, fill(idp, sp, parsed, user));
  return (
    `<form method="post" action="${made.entityEndpoint}">` +
    `<input type="hidden" name="SAMLResponse" value="${made.context}">` +
    `<input type="hidden" name="RelayState" value="${query.RelayState}"></form>` +
    "<script>document.forms[0].submit()</script>"
  );
}

const fill = (idp, sp, parsed, user) => (template) => {
  const now = new Date();
  const later = new Date(now.getTime() + 300_000).toISOString();
  const consumer = sp.entityMeta.getAssertionConsumerService("post");
  const id = `_${crypto.randomUUID()}`;
  const values = {
    ID: id,
    AssertionID: `_${crypto.randomUUID()}`,
    Destination: consumer,
    Audience: sp.entityMeta.getEntityID(),
    SubjectRecipient: consumer,
    NameIDFormat: MAILBOX,
    NameID: user.email,
    Issuer: idp.entityMeta.getEntityID(),
    IssueInstant: now.toISOString(),
    ConditionsNotBefore: now.toISOString(),
    ConditionsNotOnOrAfter: later,
    SubjectConfirmationDataNotOnOrAfter: later,
    AssertionConsumerServiceURL: consumer,
    EntityID: sp.entityMeta.getEntityID(),
    InResponseTo: parsed.extract.request.id,
    StatusCode: "urn:oasis:names:tc:SAML:2.0:status:Success",
    attrUserEmail: user.email,
  };
  return { id, context: SamlLib.replaceTagsByValue(template, values) };
};
