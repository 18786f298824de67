import boto3
from amplify_env.promote import env

AT_IMPORT = env.AMPLIFY_AUTH_USERPOOL_ID
client = boto3.client("cognito-idp")


def handler(event, _context):
    arguments = event["arguments"]
    return client.admin_add_user_to_group(
        UserPoolId=AT_IMPORT, Username=arguments["userId"], GroupName=arguments["groupName"]
    )
