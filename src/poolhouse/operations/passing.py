"""Who names a role in a request must be allowed to pass it: else who configures a pool hands out stronger rights."""

from poolhouse.access import authorization
from poolhouse.errors import AccessDeniedException, NotAuthorizedException

from .context import Call


def require_pass(ctx: Call, role_arn: str) -> None:
    """Raises NotAuthorizedException without `iam:PassRole` on the role; users' own rights are no policies."""
    secure = ctx.services.settings.public_url.startswith("https://")
    try:
        authorization.authorize(
            ctx.principal, "iam:PassRole", role_arn, now=ctx.now, source_ip=ctx.source_ip or None, secure=secure
        )
    except AccessDeniedException as error:
        raise NotAuthorizedException(error.message) from error
