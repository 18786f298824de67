"""A valid request for every operation that is served, and a pool that holds what the requests name."""

from typing import Any

import msgspec
import sqlalchemy
from operations.stage import PASSWORD, ROOT, Stage, build

from poolhouse import service_model
from poolhouse.access import resources
from poolhouse.access.policies import PolicySet, parse
from poolhouse.access.principals import Anonymous, RoleSession
from poolhouse.operations.families import served
from poolhouse.operations.gate import call
from poolhouse.service_model import Operation
from poolhouse.store.audit import HEAD
from poolhouse.store.schema import metadata
from poolhouse.store.statement import Statement

# Tiers one and two of the specification's section 1: what clients and admin tools call.
WANTED = [
    "AddCustomAttributes",
    "AdminAddUserToGroup",
    "AdminConfirmSignUp",
    "AdminCreateUser",
    "AdminDeleteUser",
    "AdminDeleteUserAttributes",
    "AdminDisableProviderForUser",
    "AdminDisableUser",
    "AdminEnableUser",
    "AdminForgetDevice",
    "AdminGetDevice",
    "AdminGetUser",
    "AdminInitiateAuth",
    "AdminLinkProviderForUser",
    "AdminListDevices",
    "AdminListGroupsForUser",
    "AdminRemoveUserFromGroup",
    "AdminResetUserPassword",
    "AdminRespondToAuthChallenge",
    "AdminSetUserMFAPreference",
    "AdminSetUserPassword",
    "AdminSetUserSettings",
    "AdminUpdateDeviceStatus",
    "AdminUpdateUserAttributes",
    "AdminUserGlobalSignOut",
    "AssociateSoftwareToken",
    "ChangePassword",
    "CompleteWebAuthnRegistration",
    "ConfirmDevice",
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "CreateGroup",
    "CreateIdentityProvider",
    "CreateResourceServer",
    "CreateUserImportJob",
    "CreateUserPool",
    "CreateUserPoolClient",
    "CreateUserPoolDomain",
    "DeleteGroup",
    "DeleteIdentityProvider",
    "DeleteResourceServer",
    "DeleteUser",
    "DeleteUserAttributes",
    "DeleteUserPool",
    "DeleteUserPoolClient",
    "DeleteUserPoolDomain",
    "DeleteWebAuthnCredential",
    "DescribeIdentityProvider",
    "DescribeResourceServer",
    "DescribeUserImportJob",
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "DescribeUserPoolDomain",
    "ForgetDevice",
    "ForgotPassword",
    "GetCSVHeader",
    "GetDevice",
    "GetGroup",
    "GetIdentityProviderByIdentifier",
    "GetTokensFromRefreshToken",
    "GetUser",
    "GetUserAttributeVerificationCode",
    "GetUserAuthFactors",
    "GetUserPoolMfaConfig",
    "GlobalSignOut",
    "InitiateAuth",
    "ListDevices",
    "ListGroups",
    "ListIdentityProviders",
    "ListResourceServers",
    "ListTagsForResource",
    "ListUserImportJobs",
    "ListUserPoolClients",
    "ListUserPools",
    "ListUsers",
    "ListUsersInGroup",
    "ListWebAuthnCredentials",
    "ResendConfirmationCode",
    "RespondToAuthChallenge",
    "RevokeToken",
    "SetUserMFAPreference",
    "SetUserPoolMfaConfig",
    "SetUserSettings",
    "SignUp",
    "StartUserImportJob",
    "StartWebAuthnRegistration",
    "StopUserImportJob",
    "TagResource",
    "UntagResource",
    "UpdateDeviceStatus",
    "UpdateGroup",
    "UpdateIdentityProvider",
    "UpdateResourceServer",
    "UpdateUserAttributes",
    "UpdateUserPool",
    "UpdateUserPoolClient",
    "UpdateUserPoolDomain",
    "VerifySoftwareToken",
    "VerifyUserAttribute",
]

USER, GROUP, PROVIDER, SERVER, DOMAIN = "ada", "ADMINS", "Partner", "https://api.example.com", "studio-of-ada"
ROLE = "arn:aws:iam::000000000000:role/editor"
NOBODYS_DEVICE = "us-east-1_00000000-0000-4000-8000-000000000000"
OIDC = {
    "client_id": "app",
    "client_secret": "secret",
    "attributes_request_method": "GET",
    "oidc_issuer": "https://id.example.com",
    "authorize_scopes": "openid",
}
TRUSTED = {"ProviderName": PROVIDER, "ProviderAttributeName": "Cognito_Subject", "ProviderAttributeValue": "7"}

# What a request says besides the members that `World.request` knows.
SAID: dict[tuple[str, str], dict[str, Any]] = {
    ("cognito-idp", name): said
    for name, said in {
        "AddCustomAttributes": {"CustomAttributes": [{"Name": "x", "AttributeDataType": "String"}]},
        "AddUserPoolClientSecret": {},
        "AdminCreateUser": {"Username": "eve"},
        "AdminDeleteUserAttributes": {"UserAttributeNames": ["nickname"]},
        "AdminDisableProviderForUser": {"User": TRUSTED},
        "AdminForgetDevice": {"DeviceKey": NOBODYS_DEVICE},
        "AdminGetDevice": {"DeviceKey": NOBODYS_DEVICE},
        "AdminInitiateAuth": {
            "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": USER, "PASSWORD": PASSWORD},
        },
        "AdminLinkProviderForUser": {
            "DestinationUser": {"ProviderName": "Cognito", "ProviderAttributeValue": USER},
            "SourceUser": TRUSTED | {"ProviderAttributeValue": "8"},
        },
        "AdminRevokeUserSession": {"SessionId": "tkn" + "0" * 25},
        "AdminRespondToAuthChallenge": {"ChallengeName": "SMS_MFA", "Session": "s" * 20, "ChallengeResponses": {}},
        "AdminSetUserPassword": {"Password": "Another-Horse9", "Permanent": True},
        "AdminSetUserSettings": {"MFAOptions": []},
        "AdminUpdateDeviceStatus": {"DeviceKey": NOBODYS_DEVICE, "DeviceRememberedStatus": "remembered"},
        "AdminUpdateUserAttributes": {"UserAttributes": [{"Name": "nickname", "Value": "Eve"}]},
        "ChangePassword": {"PreviousPassword": PASSWORD, "ProposedPassword": "Another-Horse9"},
        "CompleteWebAuthnRegistration": {"Credential": {}},
        "ConfirmDevice": {"DeviceKey": NOBODYS_DEVICE},
        "ConfirmForgotPassword": {"ConfirmationCode": "000000", "Password": PASSWORD},
        "ConfirmSignUp": {"ConfirmationCode": "000000"},
        "CreateGroup": {"GroupName": "NEW"},
        "CreateIdentityProvider": {"ProviderName": "Other", "ProviderType": "OIDC", "ProviderDetails": OIDC},
        "CreateResourceServer": {"Identifier": "other", "Name": "other"},
        "CreateUserImportJob": {"JobName": "job", "CloudWatchLogsRoleArn": ROLE},
        "CreateUserPool": {"PoolName": "other"},
        "CreateUserPoolClient": {"ClientName": "other"},
        "CreateUserPoolDomain": {"Domain": "another-domain"},
        "DeleteUserAttributes": {"UserAttributeNames": ["nickname"]},
        "DeleteWebAuthnCredential": {"CredentialId": "c"},
        "ForgetDevice": {"DeviceKey": NOBODYS_DEVICE},
        "GetDevice": {"DeviceKey": NOBODYS_DEVICE},
        "GetIdentityProviderByIdentifier": {"IdpIdentifier": "partner"},
        "GetTokensFromRefreshToken": {"RefreshToken": "t"},
        "GetUserAttributeVerificationCode": {"AttributeName": "email"},
        "InitiateAuth": {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": USER, "PASSWORD": PASSWORD}},
        "ListResourceServers": {"MaxResults": 1},
        "ListUserImportJobs": {"MaxResults": 1},
        "ListUserPools": {"MaxResults": 1},
        "RespondToAuthChallenge": {"ChallengeName": "SMS_MFA", "Session": "s" * 20, "ChallengeResponses": {}},
        "RevokeToken": {"Token": "t"},
        "SetUserPoolMfaConfig": {"MfaConfiguration": "OFF"},
        "SetUserSettings": {"MFAOptions": []},
        "SignUp": {"Username": "eve", "Password": PASSWORD},
        "TagResource": {"Tags": {"stage": "b"}},
        "UntagResource": {"TagKeys": ["stage"]},
        "UpdateDeviceStatus": {"DeviceKey": NOBODYS_DEVICE, "DeviceRememberedStatus": "remembered"},
        "UpdateGroup": {"Description": "changed"},
        "UpdateResourceServer": {"Name": "changed"},
        "UpdateUserAttributes": {"UserAttributes": [{"Name": "nickname", "Value": "Eve"}]},
        "UpdateUserPoolDomain": {
            "CustomDomainConfig": {"CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/c"}
        },
        "VerifySoftwareToken": {"UserCode": "000000"},
        "VerifyUserAttribute": {"AttributeName": "email", "Code": "000000"},
    }.items()
} | {
    ("cognito-identity", name): said
    for name, said in {
        "CreateIdentityPool": {"IdentityPoolName": "other", "AllowUnauthenticatedIdentities": False},
        "ListIdentities": {"MaxResults": 1},
        "ListIdentityPools": {"MaxResults": 1},
        "SetIdentityPoolRoles": {"Roles": {"authenticated": ROLE}},
        "TagResource": {"Tags": {"stage": "b"}},
        "UnlinkIdentity": {"Logins": {}, "LoginsToRemove": []},
        "UntagResource": {"TagKeys": ["stage"]},
        "UpdateIdentityPool": {"IdentityPoolName": "changed", "AllowUnauthenticatedIdentities": False},
    }.items()
}
SERVED = sorted(pair for pair in served() if pair[0] != "sts")
# What was refused is recorded, and changes nothing else.
_TABLES = {
    name: Statement(sqlalchemy.select(table))
    for name, table in metadata.tables.items()
    if name not in ("audit_events", "audit_hours")
} | {"facts": Statement(sqlalchemy.select(metadata.tables["facts"]).where(metadata.tables["facts"].c.name != HEAD))}


def model(service: str, name: str) -> Operation:
    found = service_model.operation(service, name)
    assert found is not None
    return found


def members(service: str, name: str) -> tuple[str, ...]:
    return tuple(field.name for field in msgspec.structs.fields(model(service, name).input))


def by_auth(*wanted: str) -> list[tuple[str, str]]:
    return [pair for pair in SERVED if model(*pair).auth in wanted]


def role(*statements: dict[str, Any]) -> RoleSession:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    policies = PolicySet([parse(document)] if statements else [])
    return RoleSession(ROLE, "editor", "s", "000000000000", "us-east-1", policies)


def allow(resource: str, *actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


class World:
    """A pool with one of everything that a request can name, and an identity pool."""

    def __init__(self, stage: Stage, identity_pool: str) -> None:
        self.stage = stage
        self.identity_pool = identity_pool
        self.job = ""
        self.identity = ""

    def request(self, service: str, name: str) -> dict[str, Any]:
        region, account = "us-east-1", "000000000000"
        arns = {
            "cognito-idp": resources.user_pool_arn(region, account, self.stage.pool),
            "cognito-identity": resources.identity_pool_arn(region, account, self.identity_pool),
        }
        named: dict[str, Any] = {
            "UserPoolId": self.stage.pool,
            "ClientId": self.stage.client,
            "Username": USER,
            "GroupName": GROUP,
            "ProviderName": PROVIDER,
            "Identifier": SERVER,
            "Domain": DOMAIN,
            "ResourceArn": arns[service],
            "JobId": self.job,
            "ClientSecretId": "nobodys",
            "IdentityPoolId": self.identity_pool,
            "IdentityId": self.identity,
            "AccessToken": "a.b.c",
        }
        named["IdentityIdsToDelete"] = [self.identity]
        known = {member: value for member, value in named.items() if member in members(service, name)}
        return known | SAID.get((service, name), {})

    async def call(self, service: str, name: str, principal: Any = ROOT, **changed: Any) -> dict[str, Any]:
        operation = model(service, name)
        struct = service_model.from_params(operation, self.request(service, name) | changed)
        return await call(self.stage.services, principal, operation, struct, request_id="test")

    def resource(self, service: str, name: str) -> str:
        """The ARN that a policy has to allow."""
        struct = service_model.from_params(model(service, name), self.request(service, name))
        return resources.action_resource(service, name, struct, region="us-east-1", account_id="000000000000")

    def right_role(self, service: str, name: str) -> RoleSession:
        """The role that may do just this to just what the request names."""
        return role(allow(self.resource(service, name), f"{service}:{name}"))

    async def rows(self) -> dict[str, list[str]]:
        """Everything that the database holds."""
        async with self.stage.services.database.read() as tx:
            return {name: sorted(str(tuple(row)) for row in await tx.all(table, {})) for name, table in _TABLES.items()}


async def make(services: Any, invoke: Any) -> World:
    settings = {"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True}, "UserPoolTags": {"stage": "a"}}
    stage = await build(services, invoke, AutoVerifiedAttributes=["email"], **settings)
    made = await invoke(
        "CreateIdentityPool",
        {"IdentityPoolName": "app", "AllowUnauthenticatedIdentities": True, "IdentityPoolTags": {"stage": "a"}},
        service="cognito-identity",
    )
    held = {"email": "ada@example.com", "email_verified": "true", "nickname": "Ada"}
    known = [{"Name": attribute, "Value": value} for attribute, value in held.items()]
    await stage.admin("AdminCreateUser", Username=USER, UserAttributes=known, MessageAction="SUPPRESS")
    await stage.admin("AdminSetUserPassword", Username=USER, Password=PASSWORD, Permanent=True)
    await stage.admin("CreateGroup", GroupName=GROUP)
    await stage.admin("AdminAddUserToGroup", GroupName=GROUP, Username=USER)
    await stage.admin("CreateResourceServer", Identifier=SERVER, Name="api")
    await stage.admin("CreateUserPoolDomain", Domain=DOMAIN)
    provider = {
        "ProviderName": PROVIDER,
        "ProviderType": "OIDC",
        "ProviderDetails": OIDC,
        "IdpIdentifiers": ["partner"],
    }
    await stage.admin("CreateIdentityProvider", **provider)
    destination = {"ProviderName": "Cognito", "ProviderAttributeValue": USER}
    await stage.admin("AdminLinkProviderForUser", DestinationUser=destination, SourceUser=TRUSTED)
    world = World(stage, made["IdentityPoolId"])
    world.job = (await world.call("cognito-idp", "CreateUserImportJob"))["UserImportJob"]["JobId"]
    world.identity = (await world.call("cognito-identity", "GetId", Anonymous()))["IdentityId"]
    return world
