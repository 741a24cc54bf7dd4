"""A foreign reader's view of a log: only its files, its key, and the library's verifier."""

import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeAlias

from audit_log.domain.published import Published
from kit.identity.log_key import read_log_key
from tests.integration.audit_log.world import AuditLog
from tlog.bundles import decode_bundle
from tlog.errors import VerificationError
from tlog.growth import grown_bundles, grown_tiles
from tlog.hashing import leaf_hashes
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.reader import TileMap
from tlog.signing import verify_checkpoint
from tlog.tiles import TILE_WIDTH, bundle_at
from tlog.tree import Frontier

Fetch: TypeAlias = Callable[[str], bytes]
"""Gives the file at a path below the log's prefix."""


def served(log: AuditLog) -> Fetch:
    """The log's files over HTTP."""

    def fetch(path: str) -> bytes:
        with urllib.request.urlopen(f"http://{log.tiles}/{path}", timeout=10) as answer:
            content: bytes = answer.read()
            return content

    return fetch


def log_key(log: AuditLog) -> VerifierKey:
    return read_log_key(log.keys).verifier()


def checkpoint(log: AuditLog) -> Published:
    """The published checkpoint, its signature verified."""
    return _checkpoint(served(log), log_key(log))


def published_size(log: AuditLog) -> int:
    """The size of the published checkpoint; 0 while there is none."""
    try:
        return checkpoint(log).size
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
            raise
        return 0


def verify_files(log: AuditLog) -> tuple[Published, list[bytes]]:
    """verify_log of what the log serves."""
    return verify_log(served(log), log_key(log))


def verify_log(fetch: Fetch, key: VerifierKey) -> tuple[Published, list[bytes]]:
    """The whole log: each tile and bundle equals what the leaves give, and they lead to the signed root.

    Returns the checkpoint and the leaf records. Raises TlogError for anything else.
    """
    published = _checkpoint(fetch, key)
    bundles = [bundle_at(index, published.size) for index in range(-(-published.size // TILE_WIDTH))]
    leaves = [leaf for bundle in bundles for leaf in decode_bundle(fetch(bundle.path))]
    hashes = leaf_hashes(leaves)
    if Frontier().appended(hashes).root() != published.root:
        raise VerificationError("the bundles lead to another root than the one that was signed")
    expected = {place.path: content for place, content in grown_tiles(0, hashes, TileMap({})).items()}
    expected |= {place.path: content for place, content in grown_bundles(0, b"", leaves).items()}
    for path, content in expected.items():
        if fetch(path) != content:
            raise VerificationError(f"{path} is not what the leaves give")
    return published, leaves


def _checkpoint(fetch: Fetch, key: VerifierKey) -> Published:
    note = fetch("checkpoint")
    signed = verify_checkpoint(Note.parse(note), key).checkpoint
    return Published(signed.size, signed.root, note)
