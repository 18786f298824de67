"""A client's change from one secret to the next, during which both are good.

AddUserPoolClientSecret, ListUserPoolClientSecrets, DeleteUserPoolClientSecret.
"""

from typing import Any, Final

from poolhouse.crypto import codes
from poolhouse.errors import InvalidParameterException, LimitExceededException, ResourceNotFoundException
from poolhouse.service_model.structs.cognito_idp import (
    AddUserPoolClientSecretRequest,
    DeleteUserPoolClientSecretRequest,
    ListUserPoolClientSecretsRequest,
)
from poolhouse.store import clients, pools
from poolhouse.store.clients import Client

from . import client_secrets
from .client_secrets import Secret
from .context import Call, seconds
from .gate import Answer, operation

_MOST: Final = 2


@operation("AddUserPoolClientSecret", "write")
async def add_user_pool_client_secret(ctx: Call, req: AddUserPoolClientSecretRequest) -> Answer:
    """A secret that the request brings is not repeated."""
    client, secrets = await _locked(ctx, req.UserPoolId, req.ClientId)
    if not secrets:
        raise InvalidParameterException(f"User pool client {client.id} was made without a secret and cannot have one.")
    if len(secrets) >= _MOST:
        raise LimitExceededException(f"A user pool client can have at most {_MOST} secrets.")
    if any(secret.value == req.ClientSecret for secret in secrets):
        raise InvalidParameterException("ClientSecret is a secret of this client already.")
    made = Secret(codes.new_uuid(), req.ClientSecret or codes.client_secret(), ctx.now)
    await _keep(ctx, client, (*secrets, made))
    told = {} if req.ClientSecret else {"ClientSecretValue": made.value}
    return {"ClientSecretDescriptor": _described(made) | told}


@operation("ListUserPoolClientSecrets", "read")
async def list_user_pool_client_secrets(ctx: Call, req: ListUserPoolClientSecretsRequest) -> Answer:
    """Never their values. Two fit on one page, so no token is given and none is good."""
    if req.NextToken is not None:
        raise InvalidParameterException("Paging Marker is Invalid for Request")
    pool = await pools.get(ctx.tx, req.UserPoolId)
    client = await clients.get(ctx.tx, req.ClientId, pool.id)
    return {"ClientSecrets": [_described(one) for one in client_secrets.secrets_of(ctx.services.vault, client)]}


@operation("DeleteUserPoolClientSecret", "write")
async def delete_user_pool_client_secret(ctx: Call, req: DeleteUserPoolClientSecretRequest) -> None:
    """The last one stays: without it the client would be one that needs none."""
    client, secrets = await _locked(ctx, req.UserPoolId, req.ClientId)
    kept = tuple(secret for secret in secrets if secret.id != req.ClientSecretId)
    if len(kept) == len(secrets):
        raise ResourceNotFoundException(f"Client secret {req.ClientSecretId} does not exist.")
    if not kept:
        raise InvalidParameterException("The last secret of a user pool client cannot be deleted.")
    await _keep(ctx, client, kept)


async def _locked(ctx: Call, pool_id: str, client_id: str) -> tuple[Client, tuple[Secret, ...]]:
    pool = await pools.lock(ctx.tx, pool_id)
    client = await clients.get(ctx.tx, client_id, pool.id)
    return client, client_secrets.secrets_of(ctx.services.vault, client)


async def _keep(ctx: Call, client: Client, secrets: tuple[Secret, ...]) -> None:
    sealed = client_secrets.seal_secrets(ctx.services.vault, secrets)
    await clients.set_secret(ctx.tx, client.id, sealed, ctx.now)


def _described(secret: Secret) -> dict[str, Any]:
    return {"ClientSecretId": secret.id, "ClientSecretCreateDate": seconds(secret.created)}
