// A SAML provider by samlify. Its settings are one line of JSON on the standard input; it says its
// port, and signs Ada in for every request that it is sent.
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
const server = http.createServer(answer);
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(JSON.stringify({ port: server.address().port, metadata: provider().getMetadata() }) + "\n");
});

function provider() {
  const location = `http://127.0.0.1:${server.address().port}/sso`;
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

async function answer(request, response) {
  const query = Object.fromEntries(new URL(request.url, "http://x").searchParams);
  const idp = provider();
  const sp = samlify.ServiceProvider({ metadata: settings.serviceMetadata });
  const parsed = await idp.parseLoginRequest(sp, "redirect", { query });
  const made = await idp.createLoginResponse(sp, parsed, "post", { email: "ada@company.example" }, fill(idp, sp, parsed));
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ SAMLResponse: made.context, RelayState: query.RelayState, action: made.entityEndpoint }));
}

const fill = (idp, sp, parsed) => (template) => {
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
    NameID: "ada@company.example",
    Issuer: idp.entityMeta.getEntityID(),
    IssueInstant: now.toISOString(),
    ConditionsNotBefore: now.toISOString(),
    ConditionsNotOnOrAfter: later,
    SubjectConfirmationDataNotOnOrAfter: later,
    AssertionConsumerServiceURL: consumer,
    EntityID: sp.entityMeta.getEntityID(),
    InResponseTo: parsed.extract.request.id,
    StatusCode: "urn:oasis:names:tc:SAML:2.0:status:Success",
    attrUserEmail: "ada@company.example",
  };
  return { id, context: SamlLib.replaceTagsByValue(template, values) };
};
