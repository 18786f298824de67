"""What a stranger sends is one request where a strict reader sees one: trailers, upgrades and what comes behind the
last request are not taken for more. uvicorn and its parser let some of that through.

Source: RFC 9112, sections 2.3, 6, 7 and 9.6, and RFC 9110, sections 6.5.1 and 7.8.
"""

import sys
from typing import Final

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from .bounded_http import BoundedHttp

_SPOKEN: Final = frozenset({"1.0", "1.1"})
_ABOUT_UPGRADE: Final = frozenset({b"connection", b"upgrade", b"http2-settings"})
_LONGEST_HEAD = 65536
_PER_BYTE = 8
"""So many bytes may chunks cost for each byte that they bring."""


class _Refused(Exception):
    """Told to the parser, which ends there."""


class StrictHttp(BoundedHttp):
    """Reads nothing behind a request that was the last one, by its own word or because it could not be read.

    A request that asks for another protocol is answered as if it had not asked, and is the last one.
    """

    _is_in_head: bool = False
    _is_deaf: bool = False
    _asks_upgrade: bool = False
    _packet: bytes = b""
    _surplus: int = 0

    def data_received(self, data: bytes) -> None:
        """A head may fill the packet that it begins in, and so many bytes more; so may what is no body behind it."""
        if self._is_deaf:
            return
        self._packet = data
        super().data_received(data)
        if self._is_due:
            self._surplus += len(self._packet)
            if self._surplus > _LONGEST_HEAD:
                self.send_400_response("The request's head is too long.")
        self._packet = b""

    def on_message_begin(self) -> None:
        if self._is_deaf:
            raise _Refused
        self._is_in_head, self._surplus = True, -len(self._packet)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self.parser.get_http_version() not in _SPOKEN:
            raise _Refused
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                raise _Refused
            self._asks_upgrade = True
            return
        super().on_headers_complete()
        self._is_in_head = False
        self.headers = []  # of trailers, which nobody has seen who looked at the head: they are no headers

    def on_body(self, body: bytes) -> None:
        self._surplus -= _PER_BYTE * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._asks_upgrade:
            return  # its body is still to come
        super().on_message_complete()
        self._is_deaf = not self.cycle.keep_alive

    def send_400_response(self, msg: str) -> None:
        """What came whole before the fault is answered; the end of the connection then says the rest."""
        if self._is_deaf:
            return
        self._is_deaf = True
        before: RequestResponseCycle | None = self.cycle
        if (self._is_in_head or not self._is_due) and before and not before.response_complete:
            before.keep_alive = False
        else:
            super().send_400_response(msg)

    def _unsupported_upgrade_warning(self) -> None:
        """The parser takes what follows for another protocol's: it reads the head again, without the wish."""
        upgrade = sys.exception()
        assert upgrade is not None, "called where the parser has ended with HttpParserUpgrade, which says where"
        self._asks_upgrade = False
        first = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        kept = [b"%b: %b" % header for header in self.headers if header[0] not in _ABOUT_UPGRADE]
        head = b"\r\n".join([first, *kept, b"connection: close", b"\r\n"])
        self.data_received(head + self._packet[upgrade.args[0] :])
