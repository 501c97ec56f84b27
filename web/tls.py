"""TLS for the server's own sockets, where no proxy speaks it."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path
from typing import Any

from waitress.channel import HTTPChannel

from gridmap.errors import InvalidInput

_LATER = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


def context_of(certificate: Path, key: Path) -> ssl.SSLContext:
    """Read a certificate (with its chain) and its key.

    Raises
    ------
    InvalidInput
        When they cannot be read, or do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ValueError):
        raise InvalidInput(
            "tls-files",
            "证书或私钥无法读取，或两者不配套。请检查 --tls CERT KEY（PEM 格式）。",
            "Certificate or key cannot be read, or do not belong together. Check --tls CERT KEY (PEM).",
        ) from None
    return context


class TlsChannel(HTTPChannel):  # type: ignore[misc]
    """A connection that may be encrypted; its handshake happens with the first reads, and holds nobody else up."""

    def __init__(self, *given: Any, **named: Any) -> None:
        # A thread that answers may send while the server's own thread reads; one connection's state is not for both.
        self._one_at_a_time = threading.Lock()
        super().__init__(*given, **named)

    def handle_read(self) -> None:
        """Read what is there; a record may hold more than was asked for, and no poll tells of the rest."""
        if not isinstance(self.socket, ssl.SSLSocket):
            super().handle_read()
            return
        data = b""
        is_over = False
        try:
            with self._one_at_a_time:
                data = self.socket.recv(self.adj.recv_bytes)
                is_over = not data
                while data and self.socket.pending():
                    data += self.socket.recv(self.socket.pending())
        except _LATER:
            pass
        except OSError:
            is_over = True
        if data:
            self.last_activity = self.server.now()
            self.received(data)
        elif is_over:
            self.handle_close()

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what can be sent now."""
        try:
            with self._one_at_a_time:
                return int(super().send(data, do_close))
        except _LATER:
            return 0
        except ssl.SSLError:
            if do_close:
                self.handle_close()
            return 0
