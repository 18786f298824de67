"""The way out to a user pool at AWS, beside the store: `reference_auth` names the pool, its people stay there."""
