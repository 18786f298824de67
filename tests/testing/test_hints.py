"""What the server's log says beside AWS's words: where a refusal comes from, and what to do."""

import boto3
import pytest
from botocore.exceptions import ClientError

from poolhouse.client import RequestRefused, confirm_reset_password, reset_password
from poolhouse.testing import Backend
from poolhouse.testing.process import Process


def test_a_request_for_another_region(poolhouse_backend: Backend, poolhouse_server: Process) -> None:
    """Both regions are named; a pool that is nowhere gets no such hint."""
    facts, pool = poolhouse_server.facts, poolhouse_backend.pool.id
    keys = {"aws_access_key_id": facts["access_key_id"], "aws_secret_access_key": facts["secret_access_key"]}
    began = poolhouse_server.position()
    for region, wanted in ("eu-west-1", pool), ("us-east-1", "us-east-1_Nowhere00"):
        client = boto3.client("cognito-idp", endpoint_url=poolhouse_backend.url, region_name=region, **keys)
        with pytest.raises(ClientError, match=f"User pool {wanted} does not exist"):
            client.list_users(UserPoolId=wanted)
        client.close()
    far, nowhere = [line for line in poolhouse_server.said_since(began).splitlines() if "does not exist" in line]
    assert "the request is signed for eu-west-1 and the pool is of us-east-1: set the client's region" in far
    assert "signed for" not in nowhere


def test_an_expired_code(poolhouse_backend: Backend, poolhouse_server: Process) -> None:
    """How to get another one; the code itself is not in the log."""
    backend, ada = poolhouse_backend, poolhouse_backend.user("ada")
    reset_password(backend.outputs, ada.username)
    code, began = backend.inbox.code(ada), poolhouse_server.position()
    backend.clock.advance(hours=2)
    with pytest.raises(RequestRefused, match="ExpiredCode"):
        confirm_reset_password(backend.outputs, ada.username, code, "Another-Horse-7")
    (line,) = [line for line in poolhouse_server.said_since(began).splitlines() if "ExpiredCodeException" in line]
    assert "ask for another with ForgotPassword" in line
    assert code not in line
    assert backend.sign_in(ada).access_token
