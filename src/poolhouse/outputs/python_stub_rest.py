"""The part of the typed Python client that knows the REST APIs: one overload for each route.

For Admin Queries bodies and answers are typed too. Its function can be edited: routes of one's own go through
`request`, which takes every path.
"""

import json
import keyword
import re
from collections.abc import Iterable, Iterator
from typing import Final

from poolhouse.define.manifest import ADMIN_QUERIES, Manifest, RestApi, RestRoute

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_PARAMETER: Final = re.compile(r"\{(\w+)\+?\}")
_QUERY: Final = "query: _Query | None = None"
_BODY: Final = "body: _typing.Any = None"
_REQUEST: Final = """\
    def request(
        self,
        method: str,
        path: str,
        *,
        parameters: _typing.Mapping[str, str] | None = None,
        query: _Query | None = None,
        body: _typing.Any = None,
        headers: _typing.Mapping[str, str] | None = None,
    ) -> _typing.Any: ...
"""
_MODELS: Final = """

class _Named(_typing.TypedDict):
    username: str


class _Membership(_typing.TypedDict):
    username: str
    groupname: str


class _Page(_typing.TypedDict, total=False):
    limit: int | str | None
    token: str | None


class _PageOfUsers(_Page, total=False):
    filter: str | None


class _PageForUser(_Page):
    username: str


class _PageInGroup(_Page):
    groupname: str


class _Attribute(_typing.TypedDict):
    Name: str
    Value: str


class _Told(_typing.TypedDict):
    message: str


class _UserBase(_typing.TypedDict):
    Username: str
    UserCreateDate: str
    UserLastModifiedDate: str
    Enabled: bool
    UserStatus: str
    MFAOptions: _typing.NotRequired[list[dict[str, str]]]


class _User(_UserBase):
    Attributes: list[_Attribute]


class _UserDetail(_UserBase):
    UserAttributes: list[_Attribute]
    PreferredMfaSetting: _typing.NotRequired[str]
    UserMFASettingList: _typing.NotRequired[list[str]]


class _GroupName(_typing.TypedDict):
    GroupName: str
    Description: _typing.NotRequired[str]


class _Group(_GroupName):
    CreationDate: str
    LastModifiedDate: str
    UserPoolId: _typing.NotRequired[str]
    RoleArn: _typing.NotRequired[str]
    Precedence: _typing.NotRequired[int]


class _Users(_typing.TypedDict):
    Users: list[_User]
    NextToken: _typing.NotRequired[str]


class _Groups(_typing.TypedDict):
    Groups: list[_Group]
    NextToken: _typing.NotRequired[str]


class _GroupNames(_typing.TypedDict):
    Groups: list[_GroupName]
    NextToken: _typing.NotRequired[str]


class _CreateUser(_Named):
    attributes: _typing.NotRequired[list[_Attribute]]
    temporarypassword: _typing.NotRequired[str]
    resend: _typing.NotRequired[bool]


class _Created(_Told):
    User: _User


class _UpdateAttributes(_Named):
    attributes: list[_Attribute]


_MfaPreference = _typing.Literal["DISABLED", "ENABLED", "NOT_PREFERRED", "PREFERRED"]


class _SetMfaPreference(_Named):
    sms: _typing.NotRequired[_MfaPreference]
    totp: _typing.NotRequired[_MfaPreference]
    email: _typing.NotRequired[_MfaPreference]
"""
_READS: Final = {
    "getUser": ("query: _Named", "_UserDetail"),
    "listUsers": ("query: _Page | None = None", "_Users"),
    "listGroups": ("query: _Page | None = None", "_Groups"),
    "listGroupsForUser": ("query: _PageForUser", "_GroupNames"),
    "listUsersInGroup": ("query: _PageInGroup", "_Users"),
}
_WRITES: Final = {
    "addUserToGroup": ("_Membership", "_Told"),
    "removeUserFromGroup": ("_Membership", "_Told"),
    **dict.fromkeys(("confirmUserSignUp", "disableUser", "enableUser", "signUserOut"), ("_Named", "_Told")),
}
_EXTRA: Final = {
    "createUser": ("_CreateUser", "_Created"),
    "deleteUser": ("_Named", "_Told"),
    "updateUserAttributes": ("_UpdateAttributes", "_Told"),
    "resetUserPassword": ("_Named", "_Told"),
    "setUserMfaPreference": ("_SetMfaPreference", "_Told"),
}


def rest_stub(manifest: Manifest) -> str:
    """The classes of all REST APIs, and `_Rest` with one property for each."""
    apis = manifest.rest_apis
    blocks = ["\n_Query = _typing.Mapping[str, str | int | None]\n"] if apis else []
    if any(api.name == ADMIN_QUERIES for api in apis):
        blocks.append(_MODELS)
    blocks += [_admin_queries(manifest, api) if api.name == ADMIN_QUERIES else _api(api) for api in apis]
    known = [f"    @property\n    def {api.name}(self) -> _{api.name}Api: ...\n" for api in apis if _sayable(api)]
    return "".join([*blocks, _protocol("_Rest", known)])


def _sayable(api: RestApi) -> bool:
    """A name that is no Python name is reached with getattr(), untyped."""
    return api.name.isidentifier() and not keyword.iskeyword(api.name)


def _admin_queries(manifest: Manifest, api: RestApi) -> str:
    options = _options(manifest, api)
    reads = dict(_READS)
    if options.get("filter"):
        reads["listUsers"] = ("query: _PageOfUsers | None = None", "_Users")
    extra = options.get("extra")
    more = {name: _EXTRA[name] for name in extra if name in _EXTRA} if isinstance(extra, list) else {}
    gets = [f"path: {_literal(f'/{name}')}, *, {query}) -> {answer}" for name, (query, answer) in reads.items()]
    posts = [
        f"path: {_literal(f'/{name}')}, *, body: {body}) -> {answer}"
        for name, (body, answer) in {**_WRITES, **more}.items()
    ]
    return _class(f"_{api.name}Api", {"get": gets, "post": posts})


def _options(manifest: Manifest, api: RestApi) -> dict[str, object]:
    """What is switched on travels to the function in one variable."""
    names = {route.function for route in api.routes}
    for function in manifest.functions:
        told = function.environment.get("ADMIN_QUERIES")
        if function.name in names and isinstance(told, str):
            options: dict[str, object] = json.loads(told)
            return options
    return {}


def _api(api: RestApi) -> str:
    if not _sayable(api):
        return ""
    types: list[str] = []
    signatures: dict[str, list[str]] = {}
    for number, route in enumerate(api.routes, 1):
        path, typed = _path(api, route, number)
        types += [typed] if typed else []
        methods = _METHODS if route.method == "ANY" else (route.method.lower(),)
        for method in methods:
            given = _QUERY if method == "get" else f"{_QUERY}, {_BODY}"
            if method in _METHODS:
                signatures.setdefault(method, []).append(f"{path}{given}) -> _typing.Any")
    return "".join([*types, _class(f"_{api.name}Api", signatures)])


def _path(api: RestApi, route: RestRoute, number: int) -> tuple[str, str]:
    """The parameters up to the query, and the type of what fills the path."""
    names = [match[1] for match in _PARAMETER.finditer(route.path)]
    if not names:
        return f"path: {_literal(route.path)}, *, ", ""
    name = f"_{api.name}Api_{number}"
    members = ", ".join(f"{json.dumps(each)}: str" for each in names)
    typed = f'\n{name} = _typing.TypedDict("{name}", {{{members}}})\n'
    return f"path: {_literal(route.path)}, *, parameters: {name}, ", typed


def _class(name: str, signatures: dict[str, list[str]]) -> str:
    methods = [line for method, listed in signatures.items() for line in _method(method, listed)]
    return _protocol(name, [*methods, _REQUEST])


def _protocol(name: str, lines: Iterable[str]) -> str:
    body = "".join(lines) or "    pass\n"
    return f"\n\nclass {name}(_typing.Protocol):\n{body}"


def _method(name: str, signatures: Iterable[str]) -> Iterator[str]:
    listed = list(signatures)
    for signature in listed:
        yield "    @_typing.overload\n" if len(listed) > 1 else ""
        yield f"    def {name}(self, {signature}: ...\n"


def _literal(text: str) -> str:
    return f"_typing.Literal[{json.dumps(text)}]"
