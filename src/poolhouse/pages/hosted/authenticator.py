"""What an authenticator app takes a key over by: its address, and that address as a QR code."""

from io import BytesIO
from urllib.parse import quote, urlencode


def address(secret: str, issuer: str, account: str) -> str:
    """The key URI that authenticator apps agree on; AWS's codes have their defaults: SHA-1, six digits, 30 seconds."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"


def drawing(text: str) -> str:
    """A QR code of `text` as an SVG element: black on a white ground with the quiet zone of four modules.

    Its colours are attributes, so neither the page's style sheet nor its policy changes what a camera sees.
    """
    import segno  # loaded for the first one who sets an authenticator up

    out = BytesIO()
    code = segno.make_qr(text, error="m", boost_error=False)
    code.save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=False,
        omitsize=True,
        nl=False,
        border=4,
        dark="#000",
        light="#fff",
        svgclass=None,
        lineclass=None,
    )
    return out.getvalue().decode()
