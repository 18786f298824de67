"""The console of a server in front of a pool at AWS: the same pages over the same operations, sent on."""

from collections.abc import Iterator

import pytest
from remote.console_desk import Desk, desk

from poolhouse.operations import audit

PASSWORD = "Other-Horse-77"
_NOBODY = "3,nobody@example.com,no such user,"


@pytest.fixture
def operator(front) -> Iterator[Desk]:
    with desk(front) as opened:
        yield opened


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ({"q": "EMAIL", "by": "email", "how": "exact"}, True),
        ({"q": "START", "by": "email"}, True),
        ({"q": "SUB", "by": "sub", "how": "exact"}, True),
        ({"q": "MIDDLE", "by": "email"}, False),  # AWS does not look inside
        ({"q": "START", "by": "email", "how": "exact"}, False),
        ({"q": '" or email ^= "', "by": "email"}, False),
        ({"q": "START\\", "by": "email"}, False),
        ({"only": "group:EDITORS"}, True),
        ({"only": "access:Disabled"}, False),
        ({"q": "START", "by": "email", "only": "access:Disabled"}, True),  # one at a time: the text
    ],
)
def test_who_is_found(operator, far, query, finds):
    user = far.person("EDITORS")
    start = user.email.partition("@")[0]
    words = {"EMAIL": user.email, "SUB": user.sub, "START": start, "MIDDLE": user.email[1:]}
    for word, value in words.items():
        query = {name: given.replace(word, value) if name == "q" else given for name, given in query.items()}
    page = operator.open("/users", **query)
    assert page.status_code == 200
    assert (user.email in operator.says(page).replace(f'value="{user.email}"', "")) == finds
    assert "cannot look inside a value" in page.text


def test_pages_of_users(operator, far):
    """Only onwards, as AWS pages; the link leads to the next ones."""
    for number in range(52):
        far.admin("AdminCreateUser", Username=f"many-{number:02}@example.com", MessageAction="SUPPRESS")
    first = operator.open("/users", q="many-", by="email")
    behind = first.text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = operator.browser.get(behind)
    counted = [page.text.count('class="person"') for page in (first, second)]
    assert counted == [50, 2]
    for number in range(52):
        far.admin("AdminDeleteUser", Username=f"many-{number:02}@example.com")


def test_a_filter_that_aws_refuses(operator):
    page = operator.open("/users", only="group:NOBODY")
    assert page.status_code == 400
    assert "Group not found." in page.text


def test_one_user(operator, far):
    """With his groups, sign-ins and what was done to him through here, once although it is on record twice."""
    user = far.person("EDITORS")
    assert user.session
    operator.send("/user/groups/add", {"name": user.sub}, group="SUPPORT")
    page = operator.says(operator.open("/user", name=user.sub))
    for text in (user.email, "EDITORS", "SUPPORT", "SignIn", "Succeeded", "Passkeys are at AWS"):
        assert text in page
    assert page.count("AdminAddUserToGroup") == 1
    assert far.groups_of(user) == ["EDITORS", "SUPPORT"]


def test_a_user_who_is_not_there(operator):
    page = operator.open("/user", name="nobody")
    assert page.status_code == 404
    assert "There is no such user." in page.text


def test_actions(operator, front, far):
    """Each says what it will do, does it at AWS, and is on record before and after."""
    user = far.person()
    name = {"name": user.sub}
    assert "An ID token is good until it expires" in operator.open("/user/disable", **name).text
    operator.send("/user/disable", name, confirm="somebody else")
    assert far.admin("AdminGetUser", Username=user.sub)["Enabled"]
    done = operator.send("/user/disable", name, confirm=user.email)
    assert "is disabled: signed out everywhere" in done.text
    assert not far.admin("AdminGetUser", Username=user.sub)["Enabled"]
    became, sent = front.events(subject=user.sub, operation="AdminDisableUser")
    assert (sent.result, became.result, became.body["intent"]) == ("sent", "ok", sent.body["event_id"])
    assert became.body["way"] == "console"
    assert "may sign in again" in operator.send("/user/enable", name).text
    assert "signed out everywhere" in operator.send("/user/sign-out", name).text
    told = operator.send("/user/set-password", name, password=PASSWORD, kind="temporary")
    assert "chooses another one then" in told.text
    assert PASSWORD not in told.text
    now = far.admin("AdminGetUser", Username=user.sub)
    assert (now["Enabled"], now["UserStatus"]) == (True, "FORCE_CHANGE_PASSWORD")
    assert "was deleted" in operator.send("/user/delete", name, confirm=user.email).text
    assert operator.open("/user", **name).status_code == 404


def test_a_password_that_aws_refuses(operator, far):
    user = far.person()
    page = operator.send("/user/set-password", {"name": user.sub}, password="short", kind="permanent")
    assert page.status_code == 400
    assert "Password did not conform with" in page.text
    assert far.admin("AdminGetUser", Username=user.sub)["UserStatus"] == "CONFIRMED"


def test_a_new_user_and_his_attributes(operator, far):
    """The form asks for what AWS says of the pool's schema."""
    email = far.person().email.replace("@", "-new@")
    operator.send("/users/new", username=email, **{"a-name": "Ada"})
    made = far.admin("AdminGetUser", Username=email)
    assert {"Name": "name", "Value": "Ada"} in made["UserAttributes"]
    operator.send("/user/attributes", {"name": made["Username"]}, **{"a-name": "Ada L."})
    now = far.admin("AdminGetUser", Username=email)
    assert {"Name": "name", "Value": "Ada L."} in now["UserAttributes"]


def test_groups(operator, far):
    """Made, ranked, changed, joined, left and deleted there."""
    review = operator.send("/groups/new", name="AUTHORS", precedence="3", step="see")
    assert "AUTHORS will be outranked by" in operator.says(review)
    operator.send("/groups/new", name="AUTHORS", precedence="3", step="do")
    assert "AUTHORS" in operator.open("/groups").text
    operator.send("/group/edit", {"name": "AUTHORS"}, description="Who write", precedence="5", step="do")
    assert far.admin("GetGroup", GroupName="AUTHORS")["Group"]["Precedence"] == 5
    user = far.person()
    joined = operator.send("/group", {"name": "AUTHORS"}, user=user.email)
    assert "is now a member of AUTHORS" in joined.text
    assert far.groups_of(user) == ["AUTHORS"]
    assert "is no longer a member" in operator.send("/group/remove", {"name": "AUTHORS", "user": user.sub}).text
    assert far.groups_of(user) == []
    operator.send("/group/delete", {"name": "AUTHORS"}, confirm="other")
    assert "was deleted" in operator.send("/group/delete", {"name": "AUTHORS"}, confirm="AUTHORS").text
    assert operator.open("/group", name="AUTHORS").status_code == 404


def test_many_at_once(operator, far):
    """Each row is AWS's answer; a repeated one changes nothing."""
    held, free = far.person("CUSTOMERS"), far.person()
    names = f"{held.email}\n{free.email}\nnobody@example.com"
    group = {"name": "CUSTOMERS"}
    seen = operator.says(operator.send("/group/bulk", group, names=f"email\n{names}", action="add", form="lines"))
    assert "The list holds 3 names. The first line, email, was taken for a heading." in seen
    assert "1 will be added, 1 already a member, 1 no such user" in seen
    assert far.groups_of(free) == []
    done = operator.says(operator.send("/group/bulk", group, names=names, action="add", step="do"))
    assert "3 of 3 done 1 added, 1 already a member, 1 no such user." in done
    assert far.groups_of(free) == ["CUSTOMERS"]
    wrong = operator.send("/group/bulk", group, names=names, action="remove", step="do", confirm="customers")
    assert wrong.status_code == 400
    assert far.groups_of(free) == ["CUSTOMERS"]
    form = {"names": names, "action": "remove", "step": "do", "confirm": "CUSTOMERS", "as": "csv"}
    report = operator.send("/group/bulk", group, **form).text
    assert report.splitlines()[1:] == [f"1,{held.email},removed,", f"2,{free.email},removed,", _NOBODY]
    assert far.groups_of(held) == far.groups_of(free) == []


def test_what_is_only_shown(operator, front, far):
    """Clients and triggers as AWS describes them, without a secret and without a button."""
    far.admin("CreateUserPoolClient", ClientName="with a secret", GenerateSecret=True)
    every = far.admin("ListUserPoolClients", MaxResults=60)["UserPoolClients"]
    listed = operator.open("/clients")
    assert all(client["ClientId"] in listed.text for client in every)
    assert "New app client" not in listed.text
    secretive = next(client["ClientId"] for client in every if client["ClientName"] == "with a secret")
    secret = far.admin("DescribeUserPoolClient", ClientId=secretive)["UserPoolClient"]["ClientSecret"]
    page = operator.open("/client", id=secretive)
    assert secret not in page.text
    assert "kept at AWS and not shown here" in page.text
    assert operator.open("/client", id="0000").status_code == 404
    far.admin("DeleteUserPoolClient", ClientId=secretive)
    assert "This user pool asks no function" in operator.open("/triggers").text
    assert front.pool in operator.open("/overview").text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/keys", "signed at AWS"),
        ("/moving", "create-user-import-job"),
        ("/messages", "sent by AWS"),
        ("/clients/new", "create-user-pool-client"),
        ("/client/delete", "delete-user-pool-client"),
        ("/view-as", "permission debugger"),
    ],
)
def test_what_makes_no_sense_there(operator, path, text):
    """Says why, and where to do it; nothing leads there."""
    page = operator.open(path)
    assert page.status_code == 404
    assert text in page.text
    assert f'{path}"' not in operator.open("/users").text


def test_nothing_is_sent_from_there(operator, front):
    """A form for such a page is refused too."""
    page = operator.send("/keys/rotate")
    assert page.status_code == 404
    assert front.events(operation="RotateSigningKeys") == []


def test_what_the_server_did(operator, front, far):
    """Functions, log and audit are of this server; "Refused" leaves out what is only announced."""
    user = far.person()
    operator.send("/user/enable", {"name": user.sub})
    for path in ("/functions", "/function?name=administer", "/log", "/debugger"):
        assert operator.open(path).status_code == 200
    every = operator.says(operator.open("/audit", operation="AdminEnableUser", subject=user.sub))
    assert every.count("AdminEnableUser admin sent") == every.count("AdminEnableUser admin done") == 1
    refused = operator.says(operator.open("/audit", operation="AdminEnableUser", subject=user.sub, result="refused"))
    assert "No event fits" in refused
    operator.send("/user/groups/add", {"name": user.sub}, group="NOBODY")
    refused = operator.says(operator.open("/audit", subject=user.sub, result="refused"))
    assert refused.count("AdminAddUserToGroup admin ResourceNotFoundException") == 1
    assert [event.result for event in front.events(subject=user.sub, but=audit.OK)] == [
        "ResourceNotFoundException",
        "sent",
        "sent",
    ]


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"kind": "user", "who": "ADMIN", "what": "Mutation.guarded"}, "may use Mutation.guarded."),
        ({"kind": "user", "who": "USER", "what": "Mutation.guarded"}, "may not use Mutation.guarded."),
        ({"kind": "user", "who": "nobody", "what": "Mutation.guarded"}, "The pool has no user nobody."),
        ({"kind": "group", "who": "ADMINS", "what": "Mutation.guarded"}, "Members of ADMINS may use"),
        ({"kind": "group", "who": "NOBODY", "what": "Mutation.guarded"}, "The pool has no group NOBODY."),
        ({"kind": "identity", "who": "ADMIN", "what": "Mutation.guarded"}, "The identity pool is at AWS"),
        ({"kind": "function", "who": "narrowed", "what": "AdminDeleteUser"}, "narrowed may not use AdminDeleteUser."),
        ({"kind": "user", "who": "ADMIN", "what": "UpdateUserPool"}, "UpdateUserPool is not passed on by this server."),
        ({"kind": "user", "who": "ADMIN", "what": "AdminDisableUser", "on": "USER"}, "may use AdminDisableUser on"),
        ({"kind": "user", "who": "USER", "what": "AdminDisableUser", "on": "ADMIN"}, "may not use AdminDisableUser on"),
        ({"kind": "group", "who": "SUPPORT", "what": "AdminGetUser"}, "Members of SUPPORT may use AdminGetUser."),
    ],
)
def test_who_may_do_what(fronts, far, asked, text):
    """By the rules of the definitions, over the groups that AWS has him in now; nothing is done."""
    front, people = fronts("sqlite", True), {"ADMIN": far.person("ADMINS").email, "USER": far.person().email}
    with desk(front) as operator:
        page = operator.open("/debugger", **{name: people.get(value, value) for name, value in asked.items()})
    assert text in operator.says(page)
    assert all(far.admin("AdminGetUser", Username=email)["Enabled"] for email in people.values())


def test_nothing_is_delegated(operator, far):
    admin = far.person("ADMINS")
    page = operator.open("/debugger", kind="user", who=admin.sub, what="AdminDisableUser", on=admin.sub)
    assert "delegates nothing to its users" in operator.says(page)


def test_the_pools_of_the_server(operator, front):
    page = operator.browser.get("/console/pools")
    assert front.pool in page.text
    assert "at AWS" in page.text


def test_nobody_signs_in(delegating):
    """Whatever the delegation says: the sign-in pages are AWS's."""
    page = delegating.running.http.get("/console/sign-in")
    assert page.status_code == 404
    assert f"The user pool {delegating.pool} and its people are at AWS." in page.text
    welcome = delegating.running.http.get("/console").text
    assert "Only the operator of this server can enter here." in welcome
    assert "reference_auth() knows no domain with the pool’s sign-in pages" in welcome


def test_hosted_pages_and_discovery(front):
    """There are none here: the pool's own addresses are at AWS."""
    asked = {"client_id": front.running.client, "response_type": "code", "redirect_uri": "http://localhost"}
    assert front.running.http.get("/oauth2/authorize", params=asked).status_code == 400
    assert front.running.http.get(f"/{front.pool}/.well-known/jwks.json").status_code == 404
