// Mercurius on Fastify with graphql-jit, its own batched loaders and node-postgres.
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

const TYPES = `
    type Query { agents(first: Int!): AgentConnection! }
    type AgentConnection { edges: [AgentEdge!]! }
    type AgentEdge { node: Agent! }
    type Agent {
        id: ID!
        slug: String!
        name: String!
        tagline: String!
        level: String!
        installs: Int!
        creator: Creator
    }
    type Creator { handle: String! displayName: String! }
`;
const AGENTS = {
  name: "agents",
  text: `SELECT id, slug, name, tagline, level, installs, creator FROM agent
    WHERE status = 'PUBLISHED' AND kind <> 'CUSTOM' ORDER BY installs DESC, id DESC LIMIT $1`,
};
const CREATORS = {
  name: "creators",
  text: "SELECT id, handle, display_name FROM creator WHERE id = ANY($1)",
};

const pool = new pg.Pool({ connectionString: process.env.BENCH_DATABASE_URL, max: 16 });

const resolvers = {
  Query: {
    async agents(_, { first }) {
      const { rows } = await pool.query({ ...AGENTS, values: [first] });
      return { edges: rows.map((node) => ({ node })) };
    },
  },
  Agent: {
    id: (row) => Buffer.from(`Agent:${row.id}`).toString("base64url"),
  },
  Creator: {
    displayName: (row) => row.display_name,
  },
};
const loaders = {
  Agent: {
    async creator(queries) {
      const wanted = queries.map(({ obj }) => obj.creator);
      const { rows } = await pool.query({ ...CREATORS, values: [wanted] });
      const found = new Map(rows.map((row) => [row.id, row]));
      return wanted.map((id) => found.get(id) ?? null);
    },
  },
};

const app = Fastify();
app.register(mercurius, { schema: TYPES, resolvers, loaders, jit: 1 });
await app.listen({ host: "127.0.0.1", port: Number(process.argv.at(-1)) });
