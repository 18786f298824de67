"""A whole server that has been used for a while: a project with every kind of door, people, runs, refusals."""

import asyncio
import random
from pathlib import Path
from textwrap import dedent
from typing import Any

from acceptance.world import World
from admin_queries.stage import FUNCTION
from app.running import Running

from poolhouse.define.admin_queries_source import files
from poolhouse.operations.console import links
from poolhouse.store import audit, pools, users

_DAY = 86_400_000_000
_HOUR = 3_600_000_000
FILES = {
    "amplify/auth/resource.py": """
        from amplify.data.functions import cleaner, mailer, promote

        from poolhouse import define_auth

        auth = define_auth(
            login_with={"email": True},
            groups=["ADMINS", "SUPPORT", "CUSTOMERS"],
            access=lambda allow: [
                allow.resource(promote).to(["addUserToGroup", "listUsers"], groups=["SUPPORT", "CUSTOMERS"]),
                allow.resource(cleaner).to(["deleteUser"], own_authority=True),
                allow.resource(mailer).to(["getUser"]),
            ],
            delegation=lambda allow: [
                allow.group("ADMINS").to(["manageUsers", "manageGroupMembership", "getUser", "listUsers", "listGroups"]),
                allow.group("SUPPORT").to(
                    ["getUser", "listUsers", "listGroupsForUser", "disableUser", "enableUser", "addUserToGroup"],
                    members_of=["CUSTOMERS"],
                    assigns=["CUSTOMERS"],
                ),
                allow.protect(["ADMINS"]),
            ],
            triggers={"post_confirmation": cleaner},
        )
        """,
    "amplify/data/functions.py": """
        from poolhouse import define_function, secret

        promote = define_function(name="promote", entry="./promote.py", environment={"LEVEL": "info"})
        mailer = define_function(
            name="mailer", entry="./cleaner.py", environment={"LEVEL": "info", "API_TOKEN": secret("API_TOKEN")}
        )
        cleaner = define_function(name="cleaner", entry="./cleaner.py")
        """,
    "amplify/data/promote.py": """
        import boto3
        from amplify_env.promote import env

        client = boto3.client("cognito-idp")


        def handler(event, context):
            arguments = event["arguments"]
            print("promoting", arguments["userId"], "to", arguments["groupName"])
            if arguments["groupName"] == "NOBODY":
                raise ValueError("<b>there is no such group</b>")
            client.admin_add_user_to_group(
                UserPoolId=env.AMPLIFY_AUTH_USERPOOL_ID, Username=arguments["userId"], GroupName=arguments["groupName"]
            )
            return {}
        """,
    "amplify/data/cleaner.py": """
        def handler(event, context):
            return event
        """,
    "amplify/data/resource.py": """
        from amplify.data.functions import promote

        from poolhouse import a, define_data

        PROMOTE = {"userId": a.string().required(), "groupName": a.string().required()}


        def mutation(rules):
            return a.mutation().arguments(PROMOTE).authorization(rules).handler(a.handler.function(promote)).returns(a.json())


        schema = a.schema(
            {
                "addUserToGroup": mutation(lambda allow: [allow.group("ADMINS"), allow.group("SUPPORT")]),
                "addAsAnybody": mutation(lambda allow: [allow.authenticated()]),
                "addByIdentity": mutation(lambda allow: [allow.authenticated("identityPool")]),
                "addAsGuest": mutation(lambda allow: [allow.guest()]),
            }
        )
        data = define_data(schema=schema, authorization_modes={"default_authorization_mode": "userPool"})
        """,
    "amplify/backend.py": """
        from amplify.api.AdminQueries.resource import admin_queries
        from amplify.auth.resource import auth
        from amplify.data.resource import data

        from poolhouse import define_backend

        backend = define_backend(auth=auth, data=data, admin_queries=admin_queries)
        """,
}
QUERIES = f"""
from poolhouse import define_admin_queries

admin_queries = define_admin_queries(
    function="{FUNCTION}", groups=["ADMINS", "SUPPORT"], route_groups={{"listGroups": ["CUSTOMERS"]}}
)
"""
FIELDS = ("addUserToGroup", "addAsAnybody", "addByIdentity", "addAsGuest")


def write_project(folder: Path) -> Path:
    texts = files(FUNCTION, ["ADMINS"]) | {path: dedent(text) for path, text in FILES.items()}
    texts["amplify/api/AdminQueries/resource.py"] = QUERIES
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


class Live(World):
    """The world of the acceptance tests, with one person of each kind."""

    def __init__(self, running: Running) -> None:
        super().__init__(running)
        kinds = {"admin": ("ADMINS",), "support": ("SUPPORT",), "customer": ("CUSTOMERS",), "outsider": ()}
        self.people = {name: self.person(*groups) for name, groups in kinds.items()}
        self.states: dict[str, Any] = {}
        """Of browsers in which somebody is signed in, by name."""

    def sign_in_again(self) -> None:
        """Everybody, when he is next asked for a token."""
        for person in self.people.values():
            person._session = None

    def on_loop(self, work: Any) -> Any:
        """Run a coroutine where the server runs."""
        return asyncio.run_coroutine_threadsafe(work, self.running.loop).result(60)

    def link(self) -> str:
        services = self.running.server.services
        return links.link(services.vault, self.running.url, services.clock())

    def at(self, path: str) -> str:
        return f"{self.running.url}/console/{self.running.pool}{path}"

    def call(self, who: Any, field: str, group: str = "CUSTOMERS") -> bool:
        """Whether a field's door is open; what the function then says is another matter."""
        document = f"mutation ($u: String!, $g: String!) {{ {field}(userId: $u, groupName: $g) }}"
        subject = self.people["outsider"].sub
        send = self.post if isinstance(who, dict) else self.signed
        answer = send(document, who, u=subject, g=group)
        errors = answer.json().get("errors") or []
        return not any(str(one.get("errorType", "")).startswith("Unauthorized") for one in errors)

    def rest(self, token: str, route: str) -> int:
        method = "GET" if route.startswith(("get", "list")) else "POST"
        headers = {"authorization": token}
        return self.running.http.request(method, f"/dev/{route}", headers=headers, json={}).status_code

    def live_in(self) -> None:
        """A past: users who came over weeks, sign-ins and refusals by the hour, runs of which some failed."""
        self.on_loop(self._past())
        for group in ["CUSTOMERS"] * 12 + ["NOBODY", "ADMINS", "CUSTOMERS"]:
            self.call(self.people["admin"].token, "addUserToGroup", group)
        for name in ("outsider", "customer"):
            self.call(self.people[name].token, "addUserToGroup")

    async def _past(self) -> None:
        services = self.running.server.services
        now, dice = services.clock(), random.Random(7)
        async with services.database.write() as tx:
            pool = await pools.get(tx, self.running.pool)
            for number in range(240):
                name = f"person{number}@example.com"
                made = now - int(dice.random() ** 1.6 * 40 * _DAY)
                known = {"sub": name, "email": name}
                await users.add(
                    tx, pool, username=name, sub=name, status="CONFIRMED", attributes=known, credential=None, now=made
                )
        counted: dict[tuple[str, int, str, str], int] = {}
        for hour in range(now // _HOUR - 30 * 24, now // _HOUR):
            busy = 14 if 7 <= hour % 24 <= 19 else 3
            counted[pool.id, hour, "sign-in", "ok"] = dice.randint(busy // 2, busy * 2)
            counted[pool.id, hour, "sign-in", "NotAuthorizedException"] = dice.randint(0, busy // 3)
            counted[pool.id, hour, "admin", "AccessDeniedException"] = dice.randint(0, 9) // 8
        async with services.database.write() as tx:
            await audit.count(tx, {key: events for key, events in counted.items() if events})
