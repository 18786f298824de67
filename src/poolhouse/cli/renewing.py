"""SIGHUP: the server takes the certificate that is in its files now, without a restart and without losing anybody.

A server without such a certificate says so and goes on: who sends the signal, such as `systemctl reload`, wants no end.
"""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from poolhouse.cli.tls import Certificate
from poolhouse.errors import SettingError
from poolhouse.telemetry import log


def heed_hangups(certificate: Certificate | None) -> None:
    """From now on, before anything listens; what came since `main` began was kept back."""
    signal.signal(signal.SIGHUP, lambda *_: _renew(certificate))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])


@contextmanager
def hangups_in_loop(certificate: Certificate | None) -> Iterator[None]:
    """While the loop runs, it is told by the loop: a handler of Python's could come in the middle of a line of the log.
    Afterwards the signal says nothing to a server that ends. Where nobody heeds it, as in `poolhouse dev`, whose
    terminal may be closed, it stays as it is.
    """
    if certificate is None and not callable(signal.getsignal(signal.SIGHUP)):
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, _renew, certificate)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def say_nothing_to_renew() -> None:
    """The answer to a hangup where no certificate is in files."""
    log.info("nothing to renew", why="SIGHUP renews POOLHOUSE_TLS_CERT, which is not set; settings need a restart")


def _renew(certificate: Certificate | None) -> None:
    if certificate is None:
        say_nothing_to_renew()
        return
    try:
        certificate.renew()
    except SettingError as error:
        log.error("certificate not renewed", why=error.message, remedy=error.resolution)
    else:
        log.info("certificate renewed", certificate=str(certificate.file))
