"""API Gateway's REST front: routes, authorizer and preflight before a user's function, and its answer mapped back."""
