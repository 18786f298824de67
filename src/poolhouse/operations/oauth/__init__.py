"""OAuth 2.0 and OpenID Connect: authorization requests, codes, grants and hosted sessions (spec/user-pools.md 5)."""
