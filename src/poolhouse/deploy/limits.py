"""Where AWS cannot do what the local runtime does: refused when it would break, told when a rule is not enforced."""

from poolhouse.define.manifest import Auth
from poolhouse.errors import DefinitionError, NotServedError

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
        groups = ", ".join(dict.fromkeys(delegate.group for delegate in auth.delegation.delegates))
        context.note(
            f"delegation (rules for {groups}) is not enforced on AWS: a function acts with its grants, whoever called "
            "it. Who may call is enforced by the APIs; who may be changed is up to the function's code."
        )
        if auth.delegation.protected:
            context.note(
                f"The protected groups ({', '.join(auth.delegation.protected)}) can lose their last member on AWS: "
                "Amazon Cognito has no such rule."
            )
    for grant in auth.grants:
        if grant.groups:
            context.note(
                f"The grant of {grant.function} is narrowed to groups ({', '.join(grant.groups)}); IAM cannot see the "
                "group of a request. On AWS the function's own package refuses calls of boto3 that name another one."
            )
