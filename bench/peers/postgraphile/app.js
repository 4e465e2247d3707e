// PostGraphile 5 under its own server, Grafserv on Node's http: the schema is that of the tables,
// with two fields added for what the product gives otherwise: identifiers, and installs as a number.
import { createServer } from "node:http";
import { makeExtendSchemaPlugin } from "postgraphile/utils";
import { postgraphile } from "postgraphile";
import { grafserv } from "postgraphile/grafserv/node";
import { lambda } from "postgraphile/grafast";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const asTheProduct = makeExtendSchemaPlugin({
  typeDefs: "extend type Agent { globalId: ID! installCount: Int! }",
  objects: {
    Agent: {
      plans: {
        globalId: ($agent) =>
          lambda($agent.get("id"), (id) => Buffer.from(`Agent:${id}`).toString("base64url"), true),
        installCount: ($agent) => $agent.get("installs"),
      },
    },
  },
});

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [asTheProduct],
  // It would offer no order by installs, whose index is a partial one.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  pgServices: [
    makePgService({
      connectionString: process.env.BENCH_DATABASE_URL,
      schemas: ["public"],
      poolConfig: { max: 16 },
    }),
  ],
  grafast: { explain: false },
  grafserv: { graphiql: false, watch: false },
};

const serving = postgraphile(preset).createServ(grafserv);
const server = createServer();
await serving.addTo(server);
server.listen(Number(process.argv.at(-1)), "127.0.0.1");
