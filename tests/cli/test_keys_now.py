"""`poolhouse keys rotate --now` beside real servers: no process takes a token of an old key a moment later."""

import json
from contextlib import ExitStack

import boto3
import httpx
from botocore.config import Config
from cli.command import ROOT_KEY, ROOT_SECRET, SERVE, ready, run, started, wait_for
from fresh import free_port

EMAIL, PASSWORD = "ada@example.com", "Correct-Horse-9"


def cognito(url):
    return boto3.client(
        "cognito-idp",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=ROOT_KEY,
        aws_secret_access_key=ROOT_SECRET,
        config=Config(retries={"total_max_attempts": 1}),
    )


def sign_in(server):
    """Somebody signed in; the pool, the client and the tokens."""
    pool = server.list_user_pools(MaxResults=1)["UserPools"][0]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    made = server.create_user_pool_client(UserPoolId=pool, ClientName="test", ExplicitAuthFlows=flows)
    client = made["UserPoolClient"]["ClientId"]
    server.admin_create_user(UserPoolId=pool, Username=EMAIL, MessageAction="SUPPRESS")
    server.admin_set_user_password(UserPoolId=pool, Username=EMAIL, Password=PASSWORD, Permanent=True)
    known = {"USERNAME": EMAIL, "PASSWORD": PASSWORD}
    answer = server.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=known)
    return pool, client, answer["AuthenticationResult"]


def accepts(server, tokens):
    try:
        return bool(server.get_user(AccessToken=tokens["AccessToken"])["Username"])
    except server.exceptions.NotAuthorizedException:
        return False


def kids(url, pool):
    return {key["kid"] for key in httpx.get(f"{url}/{pool}/.well-known/jwks.json").json()["keys"]}


def test_no_server_takes_tokens_of_replaced_keys(project, database, database_kind):
    """Two nodes on PostgreSQL, one on SQLite, and the command as a process of its own. Refresh tokens stay good."""
    urls = [f"http://127.0.0.1:{free_port()}" for _ in range(2 if database_kind == "postgresql" else 1)]
    given = SERVE | {"POOLHOUSE_PUBLIC_URL": urls[0]}
    here = ("--project", str(project), "--database", database)
    with ExitStack() as nodes:
        for url in urls:  # one after the other: the first one makes the tables
            port = url.rpartition(":")[2]
            node = nodes.enter_context(started("serve", *here, "--port", port, cwd=project, given=given))
            assert ready(url), node.text
        servers = [cognito(url) for url in urls]
        pool, client, old = sign_in(servers[0])
        before = kids(urls[0], pool)
        assert all(accepts(server, old) for server in servers)
        foretold = run("keys", "rotate", "--now", "--dry-run", *here, cwd=project, given=given)
        assert "Every older key is deleted" in foretold.stdout
        assert kids(urls[0], pool) == before
        done = run("keys", "rotate", "--now", "--yes", *here, cwd=project, given=given)
        assert (done.returncode, done.stdout.count("  signs  "), done.stdout.count("  verifies  ")) == (0, 2, 0), done
        assert wait_for(lambda: not any(accepts(server, old) for server in servers), 5)
        for url in urls:
            assert (len(kids(url, pool)), kids(url, pool) & before) == (2, set())
        asked = {"REFRESH_TOKEN": old["RefreshToken"]}
        again = servers[-1].initiate_auth(ClientId=client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=asked)
        assert all(accepts(server, again["AuthenticationResult"]) for server in servers)
        listed = run("audit", "list", "--operation", "ReplaceSigningKeys", "--json", *here, cwd=project, given=given)
        (record,) = json.loads(listed.stdout)
        assert record["result"] == "ok"
