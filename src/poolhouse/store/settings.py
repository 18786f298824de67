"""What a pool and an app client were configured to do, in AWS's member names: the JSON text in their rows.

Values are complete: what AWS would default is filled in when the row is made, None is a member that was never given.
"""

from functools import cached_property, lru_cache
from typing import Literal

from msgspec import Struct
from msgspec.json import Decoder, Encoder

AliasAttribute = Literal["phone_number", "email", "preferred_username"]
ContactAttribute = Literal["phone_number", "email"]
PasswordKind = Literal["srp", "argon2id"]
TimeUnit = Literal["seconds", "minutes", "hours", "days"]

_UNIT_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}


class PasswordPolicyType(Struct, frozen=True):
    MinimumLength: int = 8
    RequireUppercase: bool = True
    RequireLowercase: bool = True
    RequireNumbers: bool = True
    RequireSymbols: bool = True
    TemporaryPasswordValidityDays: int = 7


class SignInPolicyType(Struct, frozen=True):
    AllowedFirstAuthFactors: tuple[str, ...] = ("PASSWORD",)


class UserPoolPolicyType(Struct, frozen=True):
    PasswordPolicy: PasswordPolicyType = PasswordPolicyType()
    SignInPolicy: SignInPolicyType = SignInPolicyType()


class StringAttributeConstraintsType(Struct, frozen=True):
    MinLength: str | None = None
    MaxLength: str | None = None


class NumberAttributeConstraintsType(Struct, frozen=True):
    MinValue: str | None = None
    MaxValue: str | None = None


class SchemaAttributeType(Struct, frozen=True):
    """`Name` is the full one: `custom:x` or `dev:custom:x` for the pool's own."""

    Name: str
    AttributeDataType: Literal["String", "Number", "DateTime", "Boolean"] = "String"
    DeveloperOnlyAttribute: bool = False
    Mutable: bool = True
    Required: bool = False
    StringAttributeConstraints: StringAttributeConstraintsType | None = None
    NumberAttributeConstraints: NumberAttributeConstraintsType | None = None


class VerificationMessageTemplateType(Struct, frozen=True):
    EmailMessage: str | None = None
    EmailSubject: str | None = None
    DefaultEmailOption: str = "CONFIRM_WITH_CODE"
    SmsMessage: str | None = None
    EmailMessageByLink: str | None = None
    EmailSubjectByLink: str | None = None


class UserAttributeUpdateSettingsType(Struct, frozen=True):
    AttributesRequireVerificationBeforeUpdate: tuple[ContactAttribute, ...] = ()


class EmailConfigurationType(Struct, frozen=True):
    EmailSendingAccount: str = "COGNITO_DEFAULT"
    SourceArn: str | None = None
    ReplyToEmailAddress: str | None = None
    From: str | None = None
    ConfigurationSet: str | None = None


class SmsConfigurationType(Struct, frozen=True):
    SnsCallerArn: str | None = None
    ExternalId: str | None = None
    SnsRegion: str | None = None


class MessageTemplateType(Struct, frozen=True):
    EmailMessage: str | None = None
    EmailSubject: str | None = None
    SMSMessage: str | None = None


class AdminCreateUserConfigType(Struct, frozen=True):
    AllowAdminCreateUserOnly: bool = False
    UnusedAccountValidityDays: int = 7
    InviteMessageTemplate: MessageTemplateType | None = None


class UsernameConfigurationType(Struct, frozen=True):
    CaseSensitive: bool = True


class RecoveryOptionType(Struct, frozen=True):
    Priority: int
    Name: str


class AccountRecoverySettingType(Struct, frozen=True):
    RecoveryMechanisms: tuple[RecoveryOptionType, ...] = ()


class SoftwareTokenMfaConfigType(Struct, frozen=True):
    Enabled: bool = False


class EmailMfaConfigType(Struct, frozen=True):
    Message: str | None = None
    Subject: str | None = None


class WebAuthnConfigurationType(Struct, frozen=True):
    """`RelyingPartyId` is the domain that passkeys are made for."""

    RelyingPartyId: str | None = None
    UserVerification: Literal["required", "preferred"] = "preferred"


class DeviceConfigurationType(Struct, frozen=True):
    ChallengeRequiredOnNewDevice: bool = False
    DeviceOnlyRememberedOnUserPrompt: bool = False


class PreTokenGenerationVersionConfigType(Struct, frozen=True):
    """The version decides the shape of the event and of what may be overridden."""

    LambdaArn: str
    LambdaVersion: Literal["V1_0", "V2_0", "V3_0"] = "V1_0"


class CustomSenderType(Struct, frozen=True):
    """The function that sends messages of one medium in place of the server."""

    LambdaArn: str
    LambdaVersion: Literal["V1_0"] = "V1_0"


class LambdaConfigType(Struct, frozen=True):
    """The functions of a pool's triggers, by ARN."""

    PreSignUp: str | None = None
    CustomMessage: str | None = None
    PostConfirmation: str | None = None
    PreAuthentication: str | None = None
    PostAuthentication: str | None = None
    DefineAuthChallenge: str | None = None
    CreateAuthChallenge: str | None = None
    VerifyAuthChallengeResponse: str | None = None
    PreTokenGeneration: str | None = None
    UserMigration: str | None = None
    PreTokenGenerationConfig: PreTokenGenerationVersionConfigType | None = None
    CustomSMSSender: CustomSenderType | None = None
    CustomEmailSender: CustomSenderType | None = None
    KMSKeyID: str | None = None


class PoolSettings(Struct, frozen=True, eq=False, dict=True):
    """`Schema` holds the attributes that the pool adds or changes; the standard ones are in `operations.attributes`.

    `PasswordStorage` is ours and never on AWS's wire.

    Equal by identity: rows with the same text share one instance, so that what is derived from it is derived once.
    """

    Policies: UserPoolPolicyType = UserPoolPolicyType()
    DeletionProtection: Literal["ACTIVE", "INACTIVE"] = "INACTIVE"
    AutoVerifiedAttributes: tuple[ContactAttribute, ...] = ()
    AliasAttributes: tuple[AliasAttribute, ...] = ()
    UsernameAttributes: tuple[ContactAttribute, ...] = ()
    EmailVerificationMessage: str | None = None
    EmailVerificationSubject: str | None = None
    SmsVerificationMessage: str | None = None
    SmsAuthenticationMessage: str | None = None
    VerificationMessageTemplate: VerificationMessageTemplateType = VerificationMessageTemplateType()
    UserAttributeUpdateSettings: UserAttributeUpdateSettingsType = UserAttributeUpdateSettingsType()
    MfaConfiguration: Literal["OFF", "ON", "OPTIONAL"] = "OFF"
    SoftwareTokenMfaConfiguration: SoftwareTokenMfaConfigType | None = None
    EmailMfaConfiguration: EmailMfaConfigType | None = None
    WebAuthnConfiguration: WebAuthnConfigurationType | None = None
    DeviceConfiguration: DeviceConfigurationType | None = None
    SmsMfaEnabled: bool = False
    EmailConfiguration: EmailConfigurationType = EmailConfigurationType()
    SmsConfiguration: SmsConfigurationType | None = None
    UserPoolTags: dict[str, str] = {}
    AdminCreateUserConfig: AdminCreateUserConfigType = AdminCreateUserConfigType()
    Schema: tuple[SchemaAttributeType, ...] = ()
    UsernameConfiguration: UsernameConfigurationType = UsernameConfigurationType()
    AccountRecoverySetting: AccountRecoverySettingType | None = None
    UserPoolTier: Literal["LITE", "ESSENTIALS"] = "ESSENTIALS"
    PasswordStorage: PasswordKind = "srp"
    LambdaConfig: LambdaConfigType = LambdaConfigType()

    @cached_property
    def case_sensitive(self) -> bool:
        return self.UsernameConfiguration.CaseSensitive

    @cached_property
    def first_factors(self) -> tuple[str, ...]:
        """What a sign-in of the pool may begin with."""
        return self.Policies.SignInPolicy.AllowedFirstAuthFactors

    @cached_property
    def is_passwordless(self) -> bool:
        """Whether somebody without a password could sign in: not where everybody has to show a second factor."""
        return self.MfaConfiguration != "ON" and any(factor != "PASSWORD" for factor in self.first_factors)

    @cached_property
    def keeps_verifiers(self) -> bool:
        """Whether passwords are kept as SRP verifiers, and not as argon2id hashes."""
        return self.PasswordStorage == "srp"

    @cached_property
    def asks_totp(self) -> bool:
        """Whether authenticator apps may be a second factor."""
        configured = self.SoftwareTokenMfaConfiguration
        return self.MfaConfiguration != "OFF" and configured is not None and configured.Enabled

    @cached_property
    def asks_sms(self) -> bool:
        """Whether codes by text message may be a second factor."""
        return self.MfaConfiguration != "OFF" and self.SmsMfaEnabled

    @cached_property
    def asks_email(self) -> bool:
        """Whether codes by e-mail may be a second factor."""
        return self.MfaConfiguration != "OFF" and self.EmailMfaConfiguration is not None


class TokenValidityUnitsType(Struct, frozen=True):
    AccessToken: TimeUnit = "hours"
    IdToken: TimeUnit = "hours"
    RefreshToken: TimeUnit = "days"


class RefreshTokenRotationType(Struct, frozen=True):
    Feature: Literal["ENABLED", "DISABLED"] = "DISABLED"
    RetryGracePeriodSeconds: int = 0


class ClientSettings(Struct, frozen=True, eq=False, dict=True):
    """An app client. None in ReadAttributes or WriteAttributes means every standard attribute."""

    ExplicitAuthFlows: tuple[str, ...] = ("ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH")
    RefreshTokenValidity: int = 30
    AccessTokenValidity: int | None = None
    IdTokenValidity: int | None = None
    TokenValidityUnits: TokenValidityUnitsType = TokenValidityUnitsType()
    ReadAttributes: tuple[str, ...] | None = None
    WriteAttributes: tuple[str, ...] | None = None
    SupportedIdentityProviders: tuple[str, ...] | None = None
    CallbackURLs: tuple[str, ...] | None = None
    LogoutURLs: tuple[str, ...] | None = None
    DefaultRedirectURI: str | None = None
    AllowedOAuthFlows: tuple[str, ...] | None = None
    AllowedOAuthScopes: tuple[str, ...] | None = None
    AllowedOAuthFlowsUserPoolClient: bool = False
    PreventUserExistenceErrors: Literal["LEGACY", "ENABLED"] = "LEGACY"
    EnableTokenRevocation: bool = True
    AuthSessionValidity: int = 3
    RefreshTokenRotation: RefreshTokenRotationType | None = None

    @cached_property
    def access_seconds(self) -> int:
        """How long an access token lives; one hour when the client does not say."""
        return _seconds(self.AccessTokenValidity, self.TokenValidityUnits.AccessToken)

    @cached_property
    def id_seconds(self) -> int:
        return _seconds(self.IdTokenValidity, self.TokenValidityUnits.IdToken)

    @cached_property
    def refresh_seconds(self) -> int:
        return self.RefreshTokenValidity * _UNIT_SECONDS[self.TokenValidityUnits.RefreshToken]

    @cached_property
    def session_seconds(self) -> int:
        """How long a challenge may take."""
        return self.AuthSessionValidity * 60

    @cached_property
    def rotates(self) -> bool:
        """Whether every refresh gives a new refresh token."""
        return self.RefreshTokenRotation is not None and self.RefreshTokenRotation.Feature == "ENABLED"

    @cached_property
    def grace_seconds(self) -> int:
        """How long a refresh token stays good after it was replaced."""
        return self.RefreshTokenRotation.RetryGracePeriodSeconds if self.RefreshTokenRotation and self.rotates else 0

    @cached_property
    def hides_unknown_users(self) -> bool:
        return self.PreventUserExistenceErrors == "ENABLED"


def _seconds(validity: int | None, unit: TimeUnit) -> int:
    return 3600 if validity is None else validity * _UNIT_SECONDS[unit]


_encoder = Encoder()
_pool_decoder = Decoder(PoolSettings)
_client_decoder = Decoder(ClientSettings)


def encode(settings: PoolSettings | ClientSettings) -> str:
    return _encoder.encode(settings).decode()


@lru_cache(maxsize=1024)
def decode_pool(text: str) -> PoolSettings:
    return _pool_decoder.decode(text)


@lru_cache(maxsize=4096)
def decode_client(text: str) -> ClientSettings:
    return _client_decoder.decode(text)
