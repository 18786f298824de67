"""The way to an AWS account: clients made from the ordinary AWS configuration, and who is calling."""

import re
from dataclasses import dataclass
from typing import Any, Final

from poolhouse.errors import AwsError

from .refusals import explained

_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


@dataclass(frozen=True, slots=True)
class Account:
    """An account in one region, with a client for each service that a push talks to. `arn` is who is calling."""

    id: str
    region: str
    arn: str
    cloudformation: Any
    s3: Any
    ssm: Any
    cognito: Any

    @property
    def partition(self) -> str:
        """`aws`, or that of China or of a government."""
        return self.arn.split(":")[1]


def connect(profile: str | None = None, region: str | None = None) -> Account:
    """Ask AWS who is calling. Profile, region and endpoints that are not given come from where boto3 looks.

    Raises AwsError for a missing or unknown profile, region or key.
    """
    import boto3
    from botocore.config import Config

    patient = Config(
        retries={"mode": "standard", "total_max_attempts": 8},
        connect_timeout=10,
        read_timeout=60,
        user_agent_extra="poolhouse",
    )
    with explained("sts", profile):
        session = boto3.Session(profile_name=profile, region_name=region)
        place = _checked(session.region_name)
        caller = session.client("sts", config=patient).get_caller_identity()
        return Account(
            id=caller["Account"],
            region=place,
            arn=caller["Arn"],
            cloudformation=session.client("cloudformation", config=patient),
            s3=session.client("s3", config=patient),
            ssm=session.client("ssm", config=patient),
            cognito=session.client("cognito-idp", config=patient),
        )


def _checked(region: str | None) -> str:
    if region is None:
        from botocore.exceptions import NoRegionError

        raise NoRegionError
    if not _REGION.fullmatch(region):
        raise AwsError(f"{region!r} is no region.", resolution="Regions look like eu-central-1.")
    return region
