"""SIGHUP: the server takes the certificate that is in its files now, without a restart and without losing anybody."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from poolhouse.cli.tls import Certificate
from poolhouse.errors import SettingError
from poolhouse.telemetry import log


def heed_hangups(certificate: Certificate) -> None:
    """From now on, before anything listens. A supervisor keeps the signal back until then."""
    signal.signal(signal.SIGHUP, lambda *_: _renew(certificate))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])


@contextmanager
def hangups_in_loop(certificate: Certificate | None) -> Iterator[None]:
    """While the loop runs, it is told by the loop: a handler of Python's could come in the middle of a line of the log.
    Afterwards the signal says nothing to a server that ends.
    """
    if certificate is None:
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, _renew, certificate)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _renew(certificate: Certificate) -> None:
    try:
        certificate.renew()
    except SettingError as error:
        log.error("certificate not renewed", why=error.message, remedy=error.resolution)
    else:
        log.info("certificate renewed", certificate=str(certificate.file))
