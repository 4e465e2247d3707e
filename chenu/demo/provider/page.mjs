// The page on which somebody signs in at the provider.
const WORDS = {
  en: {
    title: "Méridian: sign in",
    who: "This is not CHE·NU: it is the identity provider of an organisation, which the demo runs.",
    mailbox: "E-mail address",
    password: "Password",
    wrong: "We do not know this address with this password.",
    go: "Sign in",
  },
  fr: {
    title: "Méridian : connexion",
    who: "Ce n’est pas CHE·NU : c’est le fournisseur d’identité d’une organisation, que la démo fait tourner.",
    mailbox: "Adresse e-mail",
    password: "Mot de passe",
    wrong: "Nous ne connaissons pas cette adresse avec ce mot de passe.",
    go: "Se connecter",
  },
};
const STYLE = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
  main { max-width: 24rem; margin: 10vh auto; padding: 0 1rem }
  label { display: block; margin-top: 1rem }
  input, button { font: inherit; box-sizing: border-box; width: 100%; padding: .5rem }
  button { margin-top: 1.5rem; border: 0; border-radius: .3rem; background: #8a1c4a; color: #fff }
  .wrong { border-left: .25rem solid #c00; padding-left: .75rem }
`;
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escape(text) {
  return text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]);
}

export function showSignIn(request, response, { mailbox, wrong }) {
  const language = /^fr/i.test(request.headers["accept-language"] ?? "") ? "fr" : "en";
  const words = WORDS[language];
  const focus = (is) => (is ? " autofocus" : "");
  response.writeHead(wrong ? 422 : 200, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  });
  response.end(`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${words.title}</title><style>${STYLE}</style>
</head>
<body>
<main>
<h1>${words.title}</h1>
<p>${words.who}</p>
${wrong ? `<p class="wrong" role="alert">${words.wrong}</p>` : ""}
<form method="post">
<label for="mailbox">${words.mailbox}</label>
<input id="mailbox" name="mailbox" type="email" autocomplete="username" required
  value="${escape(mailbox)}"${focus(!mailbox)}>
<label for="password">${words.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${focus(mailbox)}>
<button>${words.go}</button>
</form>
</main>
</body>
</html>`);
}
