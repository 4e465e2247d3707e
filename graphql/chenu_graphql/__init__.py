"""The GraphQL face: schema, context, permissions, loaders, then a file per topic."""
