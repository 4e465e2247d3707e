// Runs the audits of the package graphql-http against the address given, and prints what came of
// each as JSON. The package is one of the front end's, which set-up fetches.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../storefront/package.json", import.meta.url));
const { serverAudits } = require("graphql-http");

const run = async ({ id, name, fn }) => {
  try {
    const { status, reason = "" } = await fn();
    return { id, name, status, reason };
  } catch (error) {
    return { id, name, status: "fatal", reason: String(error) };
  }
};

const results = await Promise.all(serverAudits({ url: process.argv[2] }).map(run));
console.log(JSON.stringify(results));
