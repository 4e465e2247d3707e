// A program that uses the generated module `market` with an API key.

import { createHash } from "node:crypto";
import { parse, print } from "graphql";
import {
  BrowseAgentsDocument,
  OneTierDocument,
  RevokeApiKeyDocument,
  SpendTokensDocument,
  TypedDocumentString,
  WatchTokensDocument,
  WhoAmIDocument,
  type BrowseAgentsQuery,
  type WatchTokensSubscription,
} from "./market/graphql.js";

const [url, key] = process.argv.slice(2) as [string, string];

interface Answer<Data> {
  data?: Data;
  errors?: { message: string; extensions: { code: string } }[];
}

function post(accept: string, body: object): Promise<Response> {
  const headers = { accept, "content-type": "application/json", authorization: `Bearer ${key}` };
  return fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
}

async function ask<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Answer<Data>> {
  const body = { query: document.toString(), variables };
  return (await (await post("application/json", body)).json()) as Answer<Data>;
}

/** The data; throws what was wrong. */
async function run<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const answer = await ask(document, variables);
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

/** The same by the id of the stored operation instead of its text. */
async function runStored<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const text = print(parse(document.toString()));
  const documentId = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const answer = await post("application/json", { documentId, variables });
  const { data, errors } = (await answer.json()) as Answer<Data>;
  if (data === undefined) throw new Error(JSON.stringify(errors));
  return data;
}

async function browse(): Promise<string[][]> {
  const pages: string[][] = [];
  for (let after: string | null = null; ; ) {
    const { agents }: BrowseAgentsQuery = await run(BrowseAgentsDocument, { first: 2, after });
    pages.push(agents.edges.map((edge) => edge.node.name));
    if (!agents.pageInfo.hasNextPage) return pages;
    after = agents.pageInfo.endCursor;
  }
}

async function spend(amount: number): Promise<unknown[]> {
  const input = { amount, reason: "A use", idempotencyKey: `use ${amount}` };
  const { entry, wallet, userErrors } = (await run(SpendTokensDocument, { input })).tokenSpend;
  if (entry && wallet) return [entry.amount, wallet.available];
  const [error] = userErrors;
  if (!error || !("required" in error)) throw new Error("another refusal");
  return [error.code, error.required, error.available];
}

/** The first event of a subscription, over server-sent events. */
async function watch(): Promise<number | null> {
  const answer = await post("text/event-stream", { query: WatchTokensDocument.toString() });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the stream ended: ${text}`);
    text += value;
    const event = /^data: (\{.*)\r?\n/m.exec(text);
    if (event) {
      await reader.cancel();
      const { data } = JSON.parse(event[1]!) as Answer<WatchTokensSubscription>;
      return data!.tokenBalanceChanged.available;
    }
  }
}

const { tier } = await runStored(OneTierDocument, { code: "PRO" });
const { viewer } = await run(WhoAmIDocument, {});
const refused = await ask(RevokeApiKeyDocument, { id: "x" });
const found = {
  tier: [tier.name, tier.monthlyPrice?.amountMinor],
  viewer: viewer?.displayName,
  pages: await browse(),
  spent: await spend(30),
  refused: await spend(500),
  forbidden: refused.errors?.[0]?.extensions.code,
  available: await watch(),
};
console.log(JSON.stringify(found));
