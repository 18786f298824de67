"""Who sends a backend's messages, as members of the request that would make its pool."""

from email.headerregistry import Address
from typing import Any

from poolhouse.access import resources
from poolhouse.config import Settings
from poolhouse.define.manifest import Auth

_KEY = "alias/poolhouse"


def members(auth: Auth) -> dict[str, Any]:
    return {**_email(auth), **_sms(auth)}


def senders(auth: Auth, server: Settings) -> dict[str, Any]:
    """The functions that send messages, as members of LambdaConfig. AWS wants a key with them; ours goes unused."""
    wanted = {"CustomEmailSender": auth.email_sender, "CustomSMSSender": auth.sms_sender}
    found: dict[str, Any] = {
        member: {
            "LambdaArn": resources.function_arn(server.region, server.account_id, sender.function),
            "LambdaVersion": "V1_0",
        }
        for member, sender in wanted.items()
        if sender is not None and sender.function is not None
    }
    return found | ({"KMSKeyID": f"arn:aws:kms:{server.region}:{server.account_id}:{_KEY}"} if found else {})


def _email(auth: Auth) -> dict[str, Any]:
    sender = auth.email_sender
    if sender is None or sender.from_email is None:
        return {}
    origin = str(Address(sender.from_name or "", addr_spec=sender.from_email))
    reply = {"ReplyToEmailAddress": sender.reply_to} if sender.reply_to else {}
    return {"EmailConfiguration": {"From": origin, **reply}}


def _sms(auth: Auth) -> dict[str, Any]:
    sender = auth.sms_sender
    if sender is None or sender.sns_caller_arn is None:
        return {}
    given = {
        "SnsCallerArn": sender.sns_caller_arn,
        "ExternalId": sender.external_id,
        "SnsRegion": sender.sns_region,
    }
    return {"SmsConfiguration": {name: value for name, value in given.items() if value is not None}}
