"""`amplify_outputs.dart`: the same document as Dart source, with the one private key that Flutter reads."""

from typing import Any

from .amplify_outputs import encoded


def dart_source(document: dict[str, Any], base_url: str) -> bytes:
    """`auth.user_pool_endpoint` sends sign-in traffic to `base_url`; the other clients' file must not hold it."""
    if "auth" in document:
        document = {**document, "auth": {**document["auth"], "user_pool_endpoint": base_url}}
    # In a raw Dart string only its own quotes could end the text.
    text = encoded(document).decode().rstrip("\n").replace("'", "\\u0027")
    return f"const amplifyConfig = r'''{text}''';\n".encode()
