"""The parts of a pool's settings that say how messages are worded and sent."""

from poolhouse.errors import InvalidParameterException
from poolhouse.messages import mail
from poolhouse.service_model.structs import cognito_idp as wire
from poolhouse.store.settings import EmailConfigurationType, SmsConfigurationType, VerificationMessageTemplateType

from ._not_served import refuse


def verification(template: wire.VerificationMessageTemplateType | None) -> VerificationMessageTemplateType:
    if template is None:
        return VerificationMessageTemplateType()
    return VerificationMessageTemplateType(
        EmailMessage=template.EmailMessage,
        EmailSubject=template.EmailSubject,
        DefaultEmailOption=template.DefaultEmailOption or "CONFIRM_WITH_CODE",
        SmsMessage=template.SmsMessage,
        EmailMessageByLink=template.EmailMessageByLink,
        EmailSubjectByLink=template.EmailSubjectByLink,
    )


def email_configuration(given: wire.EmailConfigurationType | None) -> EmailConfigurationType:
    """Who sends is a setting of the server; as whom, and with which SES identity, one of the pool.

    Raises InvalidParameterException.
    """
    if given is None:
        return EmailConfigurationType()
    if given.EmailSendingAccount == "DEVELOPER" and given.SourceArn is None:
        raise InvalidParameterException("EmailConfiguration: SourceArn is required with EmailSendingAccount DEVELOPER.")
    for name, text in (("From", given.From), ("ReplyToEmailAddress", given.ReplyToEmailAddress)):
        if text is not None and not _is_address(text):
            raise InvalidParameterException(f"EmailConfiguration: {name} is no e-mail address.")
    return EmailConfigurationType(
        EmailSendingAccount=given.EmailSendingAccount or "COGNITO_DEFAULT",
        SourceArn=given.SourceArn,
        ReplyToEmailAddress=given.ReplyToEmailAddress,
        From=given.From,
        ConfigurationSet=given.ConfigurationSet,
    )


def sms_configuration(given: wire.SmsConfigurationType | None) -> SmsConfigurationType | None:
    """Raises InvalidParameterException."""
    if given is None:
        return None
    refuse("SmsConfiguration.EumsSms", given.EumsSms is not None, "AWS End User Messaging")
    if not given.SnsCallerArn:
        raise InvalidParameterException("SmsConfiguration: SnsCallerArn is required.")
    return SmsConfigurationType(SnsCallerArn=given.SnsCallerArn, ExternalId=given.ExternalId, SnsRegion=given.SnsRegion)


def _is_address(text: str) -> bool:
    try:
        mail.address(text)
    except ValueError:
        return False
    return text.isprintable()
