"""The OAuth 2.0 endpoints, the documents and the hosted pages as an OpenAPI document, and the routes of Admin Queries as
another, for tests that make requests of them.
"""

from typing import Any

from clients.pools import Pool

Json = dict[str, Any]
TEXT: Json = {"type": "string"}
PAGE: Json = {"text/html": {"schema": TEXT}}
OAUTH_ERRORS = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "invalid_scope",
    "invalid_token",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_token_type",
]
REFUSED = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["error"],
            "properties": {"error": {"enum": OAUTH_ERRORS}, "error_description": TEXT},
            "additionalProperties": False,
        }
    }
}
TOKENS = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["access_token", "token_type", "expires_in"],
            "properties": {
                "access_token": TEXT,
                "id_token": TEXT,
                "refresh_token": TEXT,
                "token_type": {"const": "Bearer"},
                "expires_in": {"type": "integer", "minimum": 1},
            },
            "additionalProperties": False,
        }
    }
}


TOLD = {"application/json": {"schema": {"type": "object", "required": ["message"], "properties": {"message": TEXT}}}}
NAMED = ("confirmUserSignUp", "disableUser", "enableUser", "signUserOut", "resetUserPassword")
PREFERENCE = {"anyOf": [{"enum": ["DISABLED", "ENABLED", "NOT_PREFERRED", "PREFERRED"]}, TEXT]}
ATTRIBUTES = {"type": "array", "items": {"type": "object", "properties": {"Name": TEXT, "Value": TEXT}}}


def document(pool: Pool, back: str) -> Json:
    """The pool's client and address are among the values, so that requests get past the first check."""
    client = {"anyOf": [{"enum": [pool.client]}, TEXT]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Poolhouse", "version": "1"},
        "paths": {**_tokens(client, back), **_documents(pool), **_pages(client, back)},
        "components": {"securitySchemes": {"basic": {"type": "http", "scheme": "basic"}}},
    }


def admin_queries(user: str, group: str) -> Json:
    """Every route; a user and a group that there are, are among the values of what is required."""
    username, groupname = {"enum": [user, "nobody"]}, {"enum": [group, "Nowhere"]}
    page = {"limit": {"enum": ["1", "60"]}, "token": TEXT}
    read = {
        "getUser": {"username": username},
        "listUsers": {**page, "filter": TEXT},
        "listGroups": page,
        "listGroupsForUser": {"username": username, **page},
        "listUsersInGroup": {"groupname": groupname, **page},
    }
    written = {
        **{name: {"username": username, "groupname": groupname} for name in ("addUserToGroup", "removeUserFromGroup")},
        **{name: {"username": username} for name in NAMED},
        "deleteUser": {"username": TEXT},
        "createUser": {"username": TEXT, "attributes": ATTRIBUTES, "temporarypassword": TEXT, "resend": TEXT},
        "updateUserAttributes": {"username": username, "attributes": ATTRIBUTES},
        "setUserMfaPreference": {"username": username, "sms": PREFERENCE, "totp": PREFERENCE, "email": PREFERENCE},
    }
    statuses = ("400", "401", "403", "404", "409", "413", "429")
    answers = {"200": _answer({"application/json": {"schema": {"type": "object"}}})}
    responses = answers | {status: _answer(TOLD) for status in statuses}
    got = {
        f"/dev/{name}": {"get": {"parameters": _query("username", "groupname", **given), "responses": responses}}
        for name, given in read.items()
    }
    posted = {f"/dev/{name}": {"post": {**_json(given), "responses": responses}} for name, given in written.items()}
    return {"openapi": "3.1.0", "info": {"title": "Admin Queries", "version": "1"}, "paths": got | posted}


def operations(*, with_input: bool) -> list[tuple[str, str]]:
    """Every path with every method that it serves, or those alone that take parameters or a body."""
    nobody = Pool(None, "pool", "client", None)
    served = [(path, *item) for path, methods in document(nobody, "")["paths"].items() for item in methods.items()]
    return [
        (path, method)
        for path, method, described in served
        if not with_input or described.keys() & {"parameters", "requestBody"}
    ]


def _tokens(client: Json, back: str) -> Json:
    grants = {"anyOf": [{"enum": ["authorization_code", "refresh_token", "client_credentials"]}, TEXT]}
    asked = {
        "grant_type": grants,
        "client_id": client,
        "client_secret": TEXT,
        "redirect_uri": {"anyOf": [{"enum": [back]}, TEXT]},
        "code": TEXT,
        "code_verifier": TEXT,
        "refresh_token": TEXT,
        "scope": TEXT,
    }
    bearer = [
        {"name": "authorization", "in": "header", "schema": {"type": "string", "pattern": "^Bearer [!-~]{1,60}$"}}
    ]
    info = {"200": _answer({"application/json": {"schema": {"type": "object"}}}), **_refusals("400", "401")}
    revoked = {"token": TEXT, "token_type_hint": TEXT, "client_id": client, "client_secret": TEXT}
    return {
        "/oauth2/token": {
            "post": {**_form(asked), "responses": {"200": _answer(TOKENS), **_refusals("400", "401", "413")}}
        },
        "/oauth2/revoke": {
            "post": {**_form(revoked), "responses": {"200": {"description": "-"}, **_refusals("400", "401", "413")}}
        },
        "/oauth2/userInfo": {method: {"parameters": bearer, "responses": info} for method in ("get", "post")},
    }


def _documents(pool: Pool) -> Json:
    known = [
        {
            "name": "poolId",
            "in": "path",
            "required": True,
            "schema": {"anyOf": [{"enum": [pool.id]}, {"type": "string", "pattern": "^[\\w-]{1,55}$"}]},
        }
    ]
    missing = {"404": _answer({"application/json": {"schema": {"type": "object", "required": ["message"]}}})}
    found = {"application/json": {"schema": {"type": "object", "additionalProperties": True}}}
    messages = {"application/json": {"schema": {"type": "array", "items": {"type": "object", "required": ["created"]}}}}
    narrowed = _query(username=TEXT, destination=TEXT, pool=TEXT)
    ok = {"200": _answer(found)}
    return {
        "/{poolId}/.well-known/jwks.json": {"get": {"parameters": known, "responses": ok | missing}},
        "/{poolId}/.well-known/openid-configuration": {"get": {"parameters": known, "responses": ok | missing}},
        "/health/live": {"get": {"responses": ok}},
        "/health/ready": {"get": {"responses": ok}},
        "/inbox/messages": {"get": {"parameters": narrowed, "responses": {"200": _answer(messages)}}},
        "/inbox": {"get": {"parameters": narrowed, "responses": {"200": _answer(PAGE)}}},
    }


def _pages(client: Json, back: str) -> Json:
    asked = _query(
        client_id=client,
        redirect_uri={"anyOf": [{"enum": [back]}, TEXT]},
        response_type={"anyOf": [{"enum": ["code", "token"]}, TEXT]},
        scope=TEXT,
        state=TEXT,
        nonce=TEXT,
        code_challenge=TEXT,
        code_challenge_method={"anyOf": [{"enum": ["S256"]}, TEXT]},
        prompt=TEXT,
        max_age=TEXT,
        login_hint=TEXT,
        logout_uri=TEXT,
        user_name=TEXT,
        confirmation_code=TEXT,
    )
    names = ("username", "password", "code", "proof", "step", "choice", "way", "without", "credential")
    fields = _form(dict.fromkeys(names, TEXT))
    away = {status: {"description": "on, or back to the app"} for status in ("302", "303")}
    shown = {"200": _answer(PAGE), **away, **_problems("400", "403", "405", "413")}
    get = {"parameters": asked, "responses": shown}
    post = {"parameters": asked, **fields, "responses": shown | _problems("415")}
    both = ("/login", "/signup", "/confirmUser", "/forgotPassword", "/confirmForgotPassword", "/passkeys/add")
    return {
        **{path: {"get": get, "post": post} for path in both},
        **{path: {"get": get} for path in ("/oauth2/authorize", "/logout")},
        "/resendcode": {"post": post},
        "/error": {"get": {"responses": _problems("400")}},
    }


def _query(*required: str, **names: Json) -> list[Json]:
    return [
        {"name": name, "in": "query", "schema": schema, "required": name in required} for name, schema in names.items()
    ]


def _form(properties: Json) -> Json:
    schema = {"type": "object", "properties": properties}
    return {"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": schema}}}}


def _json(properties: Json) -> Json:
    """With every name that says whom or what it is about."""
    required = [name for name in properties if name.endswith("name")]
    schema = {"type": "object", "properties": properties, "required": required}
    return {"requestBody": {"content": {"application/json": {"schema": schema}}, "required": True}}


def _answer(content: Json) -> Json:
    return {"description": "-", "content": content}


def _refusals(*statuses: str) -> Json:
    return {status: _answer(REFUSED) for status in statuses}


def _problems(*statuses: str) -> Json:
    return {status: _answer(PAGE) for status in statuses}
