"""What a backend may be called at AWS: one rule that stacks, buckets, roles and parameters can all live with."""

import re
from typing import Final

LONGEST: Final = 19
RULE: Final = f"lower-case letters and digits in words joined by hyphens, beginning with a letter, at most {LONGEST}"
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def fits(name: str) -> bool:
    """CloudFormation would take more; S3 takes no capitals, and 63 characters for a bucket."""
    return len(name) <= LONGEST and _NAME.fullmatch(name) is not None
