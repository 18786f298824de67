"""The Python client: sign in with SRP, keep tokens fresh, call the backend's queries and mutations.

    from poolhouse.client import generate_client, sign_in

    session = sign_in("amplify_outputs.json", "admin@example.com", "...")
    client = generate_client("amplify_outputs.json", session=session)
    client.mutations.add_user_to_group(userId=user_id, groupName="ADMINS")
    client.rest.AdminQueries.post("/addUserToGroup", body={"username": "richard", "groupname": "Editors"})

It reads the same `amplify_outputs.json` as the other clients and speaks the same protocols; it works against AWS too.
"""

from poolhouse.errors import MissingExtra

try:
    from poolhouse.client.data import Client, GraphQLError, OperationError, generate_client
    from poolhouse.client.outputs import Outputs
    from poolhouse.client.rest import RestApi, RestError
    from poolhouse.client.session import NewPasswordRequired, Session, confirm_reset_password, reset_password, sign_in
    from poolhouse.client.wire import RequestRefused
except ModuleNotFoundError as error:
    raise MissingExtra("The Python client", "client", package=error.name) from error

__all__ = [
    "Client",
    "GraphQLError",
    "NewPasswordRequired",
    "OperationError",
    "Outputs",
    "RequestRefused",
    "RestApi",
    "RestError",
    "Session",
    "confirm_reset_password",
    "generate_client",
    "reset_password",
    "sign_in",
]
