"""Where AWS cannot do what the local runtime does: refused when it would break, told when a rule is not enforced."""

from poolhouse.define.manifest import Auth, Delegation
from poolhouse.errors import DefinitionError, NotServedError

from . import delegation
from .context import Context


def check(auth: Auth) -> None:
    """Raises DefinitionError for what works in the local runtime and would not on AWS."""
    for medium, sender in (("email", auth.email_sender), ("sms", auth.sms_sender)):
        if sender is not None and sender.function is not None:
            raise NotServedError(
                f"senders.{medium}.handler is not served on AWS: the service hands the function an encrypted code, "
                "and the local runtime a readable one.",
                resolution="Use senders with an address or an SNS role for this target.",
            )
    if auth.multifactor.email and (auth.email_sender is None or auth.email_sender.from_email is None):
        raise DefinitionError(
            "Amazon Cognito sends second factors by e-mail only from an address of your own in Amazon SES.",
            resolution='Add senders={"email": {"from_email": ...}}, or remove "email" from multifactor.',
        )


def tell(context: Context, auth: Auth) -> None:
    """Rules that hold on the server and not on AWS; the plan shows them before anything is changed."""
    if auth.password_storage == "argon2id":  # noqa: S105 - names a kind of storage
        context.note(
            "password_storage='argon2id' has no effect on AWS: Amazon Cognito decides how passwords are kept. The app "
            "client takes plain passwords as it does on the server."
        )
    if auth.delegation is not None:
        _tell_delegation(context, auth.delegation)
    tell_grants(context, auth)


def tell_grants(context: Context, auth: Auth) -> None:
    """Which grants are kept by packages, and not by IAM."""
    for grant in auth.grants:
        if grant.groups:
            context.note(
                f"The grant of {grant.function} is narrowed to groups ({', '.join(grant.groups)}); IAM cannot see the "
                "group of a request. On AWS the function's own package refuses calls of boto3 that name another one."
            )


def _tell_delegation(context: Context, rules: Delegation) -> None:
    """Where the delegation is kept, with which permissions, and where it is not."""
    groups = ", ".join(dict.fromkeys(delegate.group for delegate in rules.delegates))
    keeping = delegation.enforcing(context.manifest)
    if not keeping:
        context.note(f"delegation (rules for {groups}) concerns no function on AWS: people call none that has a grant.")
        return
    context.note(
        f"delegation (rules for {groups}) is enforced by the packages of {', '.join(keeping)}, because IAM cannot: "
        "before boto3 sends a call on behalf of a person, they read his groups and decide as the server does. "
        "Requests that a handler signs by itself are not looked at."
    )
    for function in keeping:
        if needed := delegation.reads(context.manifest, function):
            context.note(
                f"To keep the delegation, the role of {function} may also perform {', '.join(needed)} on this pool; "
                "its package refuses them to the function's own code."
            )
    if rules.protected:
        context.note(
            f"The last member of the protected groups ({', '.join(rules.protected)}) is looked for before a call. Two "
            "people who remove each other in the same moment can both succeed on AWS."
        )
    if context.manifest.data and context.manifest.data.access:
        calling = ", ".join(access.function for access in context.manifest.data.access)
        context.note(
            f"What {calling} asks of the GraphQL API is asked on AWS on nobody's behalf: the delegation does not know "
            "who called there."
        )
