"""`POST /graphql`: AppSync's behaviour for custom queries and mutations (spec/backend-and-data.md, 4, 5, 7)."""
