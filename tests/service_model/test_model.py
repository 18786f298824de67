"""The tables: which operations exist, how they are found, who may call them, what is secret."""

import pytest

from poolhouse import service_model


def test_every_operation_of_the_three_models_is_there():
    """The reduced data holds the whole of each model."""
    sizes = {name: len(service_model.operations(name)) for name in ("cognito-idp", "cognito-identity", "sts")}
    assert sizes == {"cognito-idp": 141, "cognito-identity": 23, "sts": 11}


def test_an_operation_knows_what_the_model_declares():
    """Name, service, authorization, declared errors and the kind of answer come from the model."""
    found = service_model.operation("cognito-idp", "AdminAddUserToGroup")
    assert found is not None
    assert (found.name, found.service, found.auth, found.has_output) == (
        "AdminAddUserToGroup",
        "cognito-idp",
        "iam",
        False,
    )
    assert {"UserNotFoundException", "ResourceNotFoundException", "NotAuthorizedException"} <= found.errors
    assert found.input.__struct_fields__ == ("UserPoolId", "Username", "GroupName")


@pytest.mark.parametrize(
    "target", ["AWSCognitoIdentityProviderService.AdminGetUser", "AWSCognitoIdentityService.GetId"]
)
def test_targets_lead_to_operations(target):
    """An X-Amz-Target header names exactly one operation object."""
    found = service_model.by_target(target)
    assert found is not None
    assert found is service_model.operation(found.service, target.split(".")[1])


@pytest.mark.parametrize(
    "target", ["", "AdminGetUser", "AWSCognitoIdentityService.AdminGetUser", "X.GetId", "None.GetCallerIdentity"]
)
def test_unknown_targets_lead_nowhere(target):
    """A wrong prefix, a missing prefix or an operation of another service is unknown."""
    assert service_model.by_target(target) is None


def test_unknown_services_and_operations_are_none():
    """Looking up what does not exist is not an error."""
    assert service_model.operation("cognito-idp", "Nope") is None
    assert service_model.operation("s3", "ListBuckets") is None


def test_query_actions_need_the_right_version():
    """STS operations are found by Action and Version together."""
    found = service_model.by_action("GetCallerIdentity", "2011-06-15")
    assert found is service_model.operation("sts", "GetCallerIdentity")
    assert service_model.by_action("GetCallerIdentity", "2010-01-01") is None
    assert service_model.by_action("AdminGetUser", "2011-06-15") is None


def names(auth, service="cognito-idp"):
    return {operation.name for operation in service_model.operations(service) if operation.auth == auth}


def test_the_public_operations_are_these():
    """Whatever is not in this list needs a signature or a token; an addition to it is a decision about security."""
    assert names("public") == {
        "ConfirmForgotPassword",
        "ConfirmSignUp",
        "ForgotPassword",
        "GetTokensFromRefreshToken",
        "InitiateAuth",
        "ResendConfirmationCode",
        "RespondToAuthChallenge",
        "RevokeToken",
        "SignUp",
        "UpdateAuthEventFeedback",
    }
    public = {"GetCredentialsForIdentity", "GetId", "GetOpenIdToken", "UnlinkIdentity"}
    assert names("public", "cognito-identity") == public


def test_device_operations_without_a_token_are_not_public():
    """The model calls their AccessToken optional; the token still is what authorizes them."""
    assert {"GetDevice", "ForgetDevice", "GetUser", "ChangePassword"} <= names("token")
    assert len(names("token")) == 22
    assert names("token_or_session") == {"AssociateSoftwareToken", "VerifySoftwareToken"}


def test_admin_operations_need_a_signature():
    """No Admin operation can be called without AWS credentials."""
    admin = {name.name for name in service_model.operations("cognito-idp") if name.name.startswith("Admin")}
    assert admin <= names("iam")
    assert len(names("iam")) == 107


def test_secrets_are_known_by_member_name():
    """The model's marks and the secrets it forgets, but not everyday members."""
    secret = service_model.sensitive_members()
    assert {"Password", "AccessToken", "Session", "SecretHash", "ClientSecret", "Value", "Username"} <= secret
    assert {"SecretKey", "SessionToken", "AuthParameters", "ChallengeResponses", "Token", "ConfirmationCode"} <= secret
    assert not secret & {"UserPoolId", "GroupName", "Limit", "AuthFlow", "IdentityId"}
