"""Fetches the hub's CA certificate and knows it by the fingerprint that came with the invitation.

Nothing is sent before the fingerprint is found to be right; least of all the invitation's token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from node.domain.errors import NodeError

_TIMEOUT_SECONDS = 10
_MAX_PROXY_ANSWER = 16 * 1024


def fetch_hub_ca(address: str, fingerprint: str, proxy: str | None) -> bytes:
    """The CA certificate (PEM) that the listener at host:port shows and whose SHA-256 is `fingerprint` (hexadecimal).

    Raises NodeError if it can't be reached, or shows another.
    """
    wanted = re.sub(r"[\s:]", "", fingerprint).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", wanted):
        raise NodeError("the CA fingerprint must be the 64 hexadecimal digits that came with the invitation")
    for der in _shown(address, proxy):
        if hmac.compare_digest(hashlib.sha256(der).hexdigest(), wanted):
            return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
    raise NodeError(
        f"what answers at {address} is not the hub of this invitation: its CA has another fingerprint. Nothing was"
        " sent. Check the address and the fingerprint with the hub's operator"
    )


def _shown(address: str, proxy: str | None) -> list[bytes]:
    host, _, port = address.rpartition(":")
    # Whose certificate it is, is decided by the fingerprint.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    try:
        with _connected(host, int(port), proxy) as plain, context.wrap_socket(plain, server_hostname=host) as secured:
            return _chain(secured)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise NodeError(f"the hub can't be reached at {address}: {reason}; check address, proxy and firewall") from None


def _connected(host: str, port: int, proxy: str | None) -> socket.socket:
    if proxy is None:
        return socket.create_connection((host, port), _TIMEOUT_SECONDS)
    at = urlsplit(proxy)
    connection = socket.create_connection((at.hostname or "", at.port or 3128), _TIMEOUT_SECONDS)
    request = f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n"
    if at.username:
        secret = base64.b64encode(f"{at.username}:{at.password or ''}".encode()).decode()
        request += f"Proxy-Authorization: Basic {secret}\r\n"
    connection.sendall(f"{request}\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        part = connection.recv(1)
        if not part or len(answer) > _MAX_PROXY_ANSWER:
            raise OSError(0, "the proxy closed the connection")
        answer += part
    if answer.split(b" ", 2)[1:2] != [b"200"]:
        raise OSError(0, f"the proxy refuses: {answer.splitlines()[0].decode(errors='replace')}")
    return connection


def _chain(secured: ssl.SSLSocket) -> list[bytes]:
    """The certificates that the server showed, in DER. Public since Python 3.13; before, only the inner object."""
    public = getattr(secured, "get_unverified_chain", None)
    if public is not None:
        return list(public())
    # Any: the inner object has no types.
    inner: Any = getattr(secured, "_sslobj")  # noqa: B009 - it is private
    return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in inner.get_unverified_chain()]
