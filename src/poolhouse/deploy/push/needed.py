"""The permissions that a pushing person needs, as a policy document: docs/aws.md prints it, the tests hold it to it.

CloudFormation works with the caller's permissions, so it holds those of the resources too. Where AWS lets a policy
name what it is about, only what begins with the app's name is named.
"""

from typing import Any, Final

_STACK: Final = (
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:CreateChangeSet",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResourceDrifts",
    "cloudformation:DescribeStacks",
    "cloudformation:DetectStackDrift",
    "cloudformation:DetectStackResourceDrift",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:GetTemplate",
    "cloudformation:ListStackResources",
    "cloudformation:TagResource",
    "cloudformation:UpdateTerminationProtection",
)
_BUCKET: Final = (
    "s3:CreateBucket",
    "s3:GetObject",
    "s3:ListBucket",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutObject",
)
_ROLES: Final = (
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
)
_FUNCTIONS: Final = (
    "lambda:AddPermission",
    "lambda:CreateFunction",
    "lambda:DeleteFunction",
    "lambda:GetFunction",
    "lambda:GetFunctionConfiguration",
    "lambda:GetPolicy",
    "lambda:ListTags",
    "lambda:RemovePermission",
    "lambda:TagResource",
    "lambda:UntagResource",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
)
_LOGS: Final = (
    "logs:CreateLogGroup",
    "logs:DeleteLogGroup",
    "logs:DeleteRetentionPolicy",
    "logs:DescribeLogGroups",
    "logs:ListTagsForResource",
    "logs:PutRetentionPolicy",
    "logs:TagResource",
    "logs:UntagResource",
)
_POOLS: Final = (
    "cognito-idp:CreateGroup",
    "cognito-idp:CreateManagedLoginBranding",
    "cognito-idp:CreateUserPool",
    "cognito-idp:CreateUserPoolClient",
    "cognito-idp:CreateUserPoolDomain",
    "cognito-idp:DeleteGroup",
    "cognito-idp:DeleteManagedLoginBranding",
    "cognito-idp:DeleteUserPool",
    "cognito-idp:DeleteUserPoolClient",
    "cognito-idp:DeleteUserPoolDomain",
    "cognito-idp:DescribeManagedLoginBranding",
    "cognito-idp:DescribeUserPool",
    "cognito-idp:DescribeUserPoolClient",
    "cognito-idp:DescribeUserPoolDomain",
    "cognito-idp:GetGroup",
    "cognito-idp:GetUserPoolMfaConfig",
    "cognito-idp:ListTagsForResource",
    "cognito-idp:ListUsersInGroup",
    "cognito-idp:SetUserPoolMfaConfig",
    "cognito-idp:TagResource",
    "cognito-idp:UntagResource",
    "cognito-idp:UpdateGroup",
    "cognito-idp:UpdateManagedLoginBranding",
    "cognito-idp:UpdateUserPool",
    "cognito-idp:UpdateUserPoolClient",
    "cognito-idp:UpdateUserPoolDomain",
)
_IDENTITIES: Final = (
    "cognito-identity:CreateIdentityPool",
    "cognito-identity:DeleteIdentityPool",
    "cognito-identity:DescribeIdentityPool",
    "cognito-identity:GetIdentityPoolRoles",
    "cognito-identity:SetIdentityPoolRoles",
    "cognito-identity:TagResource",
    "cognito-identity:UntagResource",
    "cognito-identity:UpdateIdentityPool",
)
_GRAPHQL: Final = (
    "appsync:CreateApiKey",
    "appsync:CreateDataSource",
    "appsync:CreateGraphqlApi",
    "appsync:CreateResolver",
    "appsync:DeleteApiKey",
    "appsync:DeleteDataSource",
    "appsync:DeleteGraphqlApi",
    "appsync:DeleteResolver",
    "appsync:GetDataSource",
    "appsync:GetGraphqlApi",
    "appsync:GetResolver",
    "appsync:GetSchemaCreationStatus",
    "appsync:ListApiKeys",
    "appsync:ListTagsForResource",
    "appsync:StartSchemaCreation",
    "appsync:TagResource",
    "appsync:UntagResource",
    "appsync:UpdateApiKey",
    "appsync:UpdateDataSource",
    "appsync:UpdateGraphqlApi",
    "appsync:UpdateResolver",
)
_REST: Final = ("apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT")


def policy(app: str, account: str, region: str, partition: str = "aws") -> dict[str, Any]:
    """The document for pushing every environment of one app in one account and region.

    Pools, identity pools and APIs get their ids from AWS when they are made, so a policy cannot name them before.
    """

    def arn(service: str, resource: str, *, place: str = region, owner: str = account) -> str:
        return f"arn:{partition}:{service}:{place}:{owner}:{resource}"

    bucket = f"arn:{partition}:s3:::{app}-poolhouse-{account}-{region}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow("Stacks", _STACK, [arn("cloudformation", f"stack/{app}-*/*")]),
            _allow("DriftOfAnyStack", ("cloudformation:DescribeStackDriftDetectionStatus",), ["*"]),
            _allow("Code", _BUCKET, [bucket, f"{bucket}/*"]),
            _allow("Secrets", ("ssm:GetParameters",), [arn("ssm", f"parameter/poolhouse/{app}/*")]),
            _allow("Roles", _ROLES, [arn("iam", f"role/{app}-*", place="")]),
            _allow("Functions", _FUNCTIONS, [arn("lambda", f"function:{app}-*")]),
            _allow("Logs", _LOGS, [arn("logs", f"log-group:/aws/{kind}/*") for kind in ("lambda", "appsync")]),
            _allow("UserPools", _POOLS, [arn("cognito-idp", "userpool/*")]),
            _allow("IdentityPools", _IDENTITIES, [arn("cognito-identity", "identitypool/*")]),
            _allow("GraphqlApis", _GRAPHQL, [arn("appsync", "*")]),
            _allow("RestApis", _REST, [arn("apigateway", "/*", owner="")]),
        ],
    }


def _allow(name: str, actions: tuple[str, ...], resources: list[str]) -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": list(actions), "Resource": resources}
