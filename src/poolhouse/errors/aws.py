"""What a push to AWS meets: the way there, what is refused for the users' sake, what the stack could not do."""

from .mistakes import UserError


class AwsError(UserError):
    """AWS did not answer, or not this caller: credentials, region, permissions, network."""


class PushRefused(UserError):
    """A change that would cost users, or a stack that a push must not touch; nothing was changed."""


class PullRefused(UserError):
    """Users of a pool at AWS that cannot be pulled into this pool, or not by this process."""


class PushFailed(UserError):
    """The stack could not become what the template says. The first sentence names the resource and the reason."""
