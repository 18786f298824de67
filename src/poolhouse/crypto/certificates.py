"""A certificate authority for one developer's machines, and the server certificates that it signs (RFC 5280).

Makes and reads PEM text; where it is kept, and who may read it, is not decided here.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS: Final = 5 * 365
LEAF_DAYS: Final = 30
_EARLY: Final = timedelta(days=1)  # clocks of phones and containers go after
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Names that no public authority vouches for: RFC 6761, RFC 6762, RFC 8375, and ICANN's for private use.
LOCAL_DOMAINS: Final = ("localhost", "local", "test", "internal", "home.arpa")
# RFC 1918, RFC 3927, RFC 4193, RFC 4291.
_NETWORKS = "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 ::1/128 fc00::/7 fe80::/10"
LOCAL_NETWORKS: Final = tuple(map(ip_network, _NETWORKS.split()))


class Pair(NamedTuple):
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


def is_local(host: str) -> bool:
    """Whether the authority may vouch for this name or address."""
    address = _address(host)
    if address is not None:
        return any(address in network for network in LOCAL_NETWORKS)
    name = host.lower().rstrip(".")
    return any(name == domain or name.endswith(f".{domain}") for domain in LOCAL_DOMAINS)


def new_authority(title: str, now: int) -> Pair:
    """An authority that can vouch for local names and addresses only, whoever gets hold of its key. `now` is epoch
    microseconds; `title` tells one authority from another in a list of trusted ones.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Poolhouse"),
            x509.NameAttribute(NameOID.COMMON_NAME, title[:64]),
        ]
    )
    constraints = x509.NameConstraints(
        permitted_subtrees=[*map(x509.DNSName, LOCAL_DOMAINS), *map(x509.IPAddress, LOCAL_NETWORKS)],
        excluded_subtrees=None,
    )
    made = _begun(name, name, key.public_key(), now, AUTHORITY_DAYS)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    made = made.add_extension(_usage(signs_certificates=True), critical=True)
    made = made.add_extension(constraints, critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return _pair(made.sign(key, hashes.SHA256()), key)


def new_leaf(authority: Pair, hosts: Iterable[str], now: int) -> Pair:
    """A server's certificate for these names and addresses, of which the first is shown; see `is_local`."""
    key, issuer = ec.generate_private_key(ec.SECP256R1()), x509.load_pem_x509_certificate(authority.certificate)
    signer = _private(authority)
    names = list(dict.fromkeys(hosts))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    made = _begun(issuer.subject, name, key.public_key(), now, LEAF_DAYS)
    made = made.add_extension(x509.SubjectAlternativeName(map(_alternative, names)), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(_usage(signs_certificates=False), critical=True)
    made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return _pair(made.add_extension(above, critical=False).sign(signer, hashes.SHA256()), key)


def is_usable(authority: Pair, now: int, days: int = LEAF_DAYS) -> bool:
    """Whether certificate and key belong together and outlast `days` more. Raises ValueError for what is no PEM."""
    certificate = x509.load_pem_x509_certificate(authority.certificate)
    public, end = _private(authority).public_key(), _moment(now) + timedelta(days=days)
    return certificate.public_key() == public and certificate.not_valid_after_utc > end


def _private(pair: Pair) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pair.key, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("The key is on no elliptic curve.")  # noqa: TRY004 - of what the file says, not of a type
    return key


def _begun(
    issuer: x509.Name, subject: x509.Name, public: ec.EllipticCurvePublicKey, now: int, days: int
) -> x509.CertificateBuilder:
    moment = _moment(now)
    made = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
    return made.not_valid_before(moment - _EARLY).not_valid_after(moment + timedelta(days=days))


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(host: str) -> x509.GeneralName:
    address = _address(host)
    return x509.IPAddress(address) if address is not None else x509.DNSName(host)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _moment(now: int) -> datetime:
    return (_EPOCH + timedelta(microseconds=now)).replace(microsecond=0)


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Pair(certificate.public_bytes(serialization.Encoding.PEM), private)
