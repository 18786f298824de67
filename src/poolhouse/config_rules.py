"""What the text of a setting must look like, by its name: patterns with what to say, and the bounds of numbers."""

_REGION = r"[a-z]{2}(-[a-z]+)+-\d"
_HOST = r"([^\s/?#@\[\]:,]*|\[[0-9A-Fa-f:.%]+\])(:\d{1,5})?"
_POSTGRESQL = rf"postgres(ql)?://([^/?#@\[\]]*@)?{_HOST}(,{_HOST})*(/[^/?#@]*)?(\?(\w+=[^#&]*)(&\w+=[^#&]*)*)?"
"""A sign of a password that was left as it is would end the user's part early, and the rest be shown as a host."""
PATTERNS = {
    "region": (_REGION, "must look like us-east-1"),
    "ses_region": (f"({_REGION})?", "must look like us-east-1"),
    "sns_region": (f"({_REGION})?", "must look like us-east-1"),
    "sms": (r"(sns)?", "must be sns"),
    "smtp_url": (
        r"((smtps?://([^\s/@:]+:[^\s/@]+@)?|smtp\+plain://)[^\s/@:\[\]]+(:\d{1,5})?/?)?",
        "must be smtp:// or smtps://[USER:PASSWORD@]HOST[:PORT], or smtp+plain://HOST[:PORT]",
    ),
    "email_from": (
        r"([^<>@\s]+@[^<>@\s]+|[^<>\x00-\x1f\x7f]*<[^<>@\s]+@[^<>@\s]+>)?",
        "must be NAME@DOMAIN or Name <NAME@DOMAIN>",
    ),
    "function_user": (r"([A-Za-z_][\w.-]{0,30}\$?)?", "must be the name of a user"),
    "audit_reads": (r"people|all", "must be people or all"),
    "audit_stream": (
        r"(stdout|https://[^\s/@]+(/\S*)?|http://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(/\S*)?)?",
        "must be stdout or https://HOST/PATH (http:// only on a loopback address)",
    ),
    "audit_stream_secret": (r".{16,}|", "must have at least 16 characters"),
    "account_id": (r"\d{12}", "must be twelve digits"),
    "public_url": (r"https?://[^/\s]+[^/\s]", "must be http(s)://host[:port] without a path"),
    "database": (
        rf"sqlite://.+|{_POSTGRESQL}",
        "must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME (a password's / ? # @ as %2F %3F %23 %40)",
    ),
    "log_level": (r"debug|info|warning|error", "must be debug, info, warning or error"),
    "log_format": (r"(text|json)?", "must be text or json"),
    "root_access_key_id": (r"\w{16,128}|", "must be 16 to 128 letters and digits"),
    "root_secret_access_key": (r".{16,}|", "must have at least 16 characters"),
}

RANGES = {
    "port": (0, 65535),
    "metrics_port": (0, 65535),
    "signature_window": (1, 900),
    "live_groups_seconds": (0, 60),
    "database_seconds": (0, 3600),
    "max_workers": (1, 1000),
}
