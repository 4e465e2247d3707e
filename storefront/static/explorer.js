// Starts GraphiQL on the page that chenu_graphql/explorer.py serves. Everything it needs to know
// stands in the data attributes of the one element there.
"use strict";

(() => {
  const place = document.getElementById("explorer");
  const { endpoint, csrfToken } = place.dataset;

  const firstQuery = `# Every type and field is described: open the documentation on the left.
query BrowseAgents {
  agents(first: 5, sort: POPULAR) {
    totalCount
    edges {
      node {
        name
        tagline
        price { type amount { formatted } }
        creator { handle displayName }
      }
    }
  }
}
`;

  const ANSWERS = "application/graphql-response+json, application/json;q=0.9";

  const headersFor = (accept, extra) => ({
    Accept: accept,
    "Content-Type": "application/json",
    ...(csrfToken ? { "X-CSRF-Token": csrfToken } : {}),
    ...extra,
  });

  const send = (params, accept, extra) =>
    fetch(endpoint, {
      method: "POST",
      credentials: "same-origin",
      headers: headersFor(accept, extra),
      body: JSON.stringify(params),
    });

  const isSubscription = (params, options) => {
    const definitions = options?.documentAST?.definitions ?? [];
    const operations = definitions.filter((each) => each.kind === "OperationDefinition");
    const named = operations.find((each) => each.name?.value === params.operationName);
    return (named ?? operations[0])?.operation === "subscription";
  };

  async function* readEvents(response) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        rest += value;
        const events = rest.split("\r\n\r\n");
        rest = events.pop();
        for (const event of events) {
          if (event.startsWith("event: complete")) return;
          const data = event.split("\r\n").find((line) => line.startsWith("data: "));
          if (data) yield JSON.parse(data.slice(6));
        }
      }
    } finally {
      reader.cancel();
    }
  }

  async function* subscribe(params, extra) {
    yield* readEvents(await send(params, "text/event-stream", extra));
  }

  const fetcher = (params, options) =>
    isSubscription(params, options)
      ? subscribe(params, options?.headers)
      : send(params, ANSWERS, options?.headers).then((response) => response.json());

  document.body.style.margin = "0";
  place.style.height = "100vh";
  ReactDOM.createRoot(place).render(
    React.createElement(GraphiQL, { fetcher, defaultQuery: firstQuery, shouldPersistHeaders: false }),
  );
})();
