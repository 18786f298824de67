"""Which ways into the GraphQL API there are."""

from .manifest import AuthMode, Data, Manifest


def modes(manifest: Manifest) -> tuple[AuthMode, ...]:
    """The default first. IAM is always there, the user pool when there is one, API keys where they were asked for."""
    if manifest.data is None:
        return ()
    present: list[AuthMode] = ["userPool"] if manifest.auth is not None else []
    present += ["apiKey"] if has_api_key(manifest.data) else []
    default = manifest.data.default_mode
    return (default, *(mode for mode in (*present, "identityPool") if mode != default))


def has_api_key(data: Data) -> bool:
    return data.api_key_expires_in_days is not None or data.default_mode == "apiKey"
