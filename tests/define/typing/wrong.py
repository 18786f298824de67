# fmt: off
from poolhouse import a, define_auth, define_backend, define_data, define_function, secret

fn = define_function(name="fn")
define_function(timeout_second=30)  # error: misspelt option
define_function(runtime="nodejs22.x")  # error: no such runtime
define_function(architecture="arm")  # error: no such architecture
define_function(environment={"AB": 1})  # error: not a text
define_auth(login_with={"email": True}, access=lambda allow: [allow.resource(fn).to(["addUserToGrup"])])  # error: grant
define_auth(login_with={"email": True}, access=lambda allow: [allow.resource(fn).to(["AddUserToGroup"])])  # error: case
define_auth(login_with={"email": True}, access=lambda allow: [allow.group("ADMINS")])  # error: only resource
define_auth(login_with={"email": True}, access=lambda allow: [allow.resource("fn").to(["getUser"])])  # error: no function
define_auth(login_with={"emial": True})  # error: misspelt way
define_auth(login_with={"email": {"verification_email_style": "CODES"}})  # error: misspelt style
define_auth(login_with={"email": True}, groups="ADMINS")  # error: a text is no list
define_auth(login_with={"email": True}, group=["ADMINS"])  # error: misspelt option
define_auth(login_with={"email": True}, account_recovery="EMAIL")  # error: misspelt choice
define_auth(login_with={"email": True}, multifactor={"mode": "ON"})  # error: misspelt mode
define_auth(groups=["ADMINS"])  # error: login_with is missing
a.strng()  # error: misspelt scalar
a.ip_address()  # error: Amplify's spelling is kept
a.string().requird()  # error: misspelt modifier
a.string().default("x")  # error: not served
a.model({})  # error: not served
a.handler.custom({})  # error: not served
a.handler.function("deployed")  # error: not a function
a.enum(["A"]).required()  # error: a reference has it
a.query().arguments({"x": "String"})  # error: not a field
a.query().authorization(lambda allow: [allow.owner()])  # error: no owner
a.query().authorization(lambda allow: [allow.grop("ADMINS")])  # error: misspelt rule
a.query().authorization(lambda allow: [allow.group("ADMINS", "userPool")])  # error: misspelt provider
a.query().authorization(lambda allow: [allow.authenticated("lambda")])  # error: misspelt provider
a.query().authorization(lambda allow: [allow.resource(fn)])  # error: only at schema level
a.schema({}).authorization(lambda allow: [allow.resource(fn).to(["listen"])])  # error: not served
define_data(schema=a.schema({}), authorization_modes={"default_authorization_mode": "userPools"})  # error: misspelt mode
define_data(schema=a.schema({}), authorization_modes={"defaultAuthorizationMode": "iam"})  # error: spelling of keys
define_data(schema={})  # error: no schema
define_backend(auth=fn)  # error: no auth
secret(5)  # error: no name
