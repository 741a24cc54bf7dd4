"""A foreign reader's view of a log: only its files over HTTP, its key, and the library's verifier."""

import urllib.error
import urllib.request
from http import HTTPStatus

from audit_log.domain.published import Published
from kit.identity.log_key import read_log_key
from tests.integration.audit_log.world import AuditLog
from tlog.bundles import decode_bundle
from tlog.growth import grown_bundles, grown_tiles
from tlog.hashing import leaf_hashes
from tlog.note import Note
from tlog.reader import TileMap
from tlog.signing import verify_checkpoint
from tlog.tiles import TILE_WIDTH, bundle_at
from tlog.tree import Frontier


def fetch(log: AuditLog, path: str) -> bytes:
    with urllib.request.urlopen(f"http://{log.tiles}/{path}", timeout=10) as answer:
        content: bytes = answer.read()
        return content


def checkpoint(log: AuditLog) -> Published:
    """The published checkpoint, its signature verified."""
    note = fetch(log, "checkpoint")
    signed = verify_checkpoint(Note.parse(note), read_log_key(log.keys).verifier()).checkpoint
    return Published(signed.size, signed.root, note)


def published_size(log: AuditLog) -> int:
    """The size of the published checkpoint; 0 while there is none."""
    try:
        return checkpoint(log).size
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
            raise
        return 0


def leaves(log: AuditLog, size: int) -> list[bytes]:
    """All leaf records, out of the served bundles."""
    bundles = [bundle_at(index, size) for index in range(-(-size // TILE_WIDTH))]
    return [leaf for bundle in bundles for leaf in decode_bundle(fetch(log, bundle.path))]


def verify_files(log: AuditLog) -> tuple[Published, list[bytes]]:
    """Every served tile and bundle equals what the leaves give, and they lead to the signed root."""
    published = checkpoint(log)
    found = leaves(log, published.size)
    hashes = leaf_hashes(found)
    assert Frontier().appended(hashes).root() == published.root
    for tile, content in grown_tiles(0, hashes, TileMap({})).items():
        assert fetch(log, tile.path) == content, tile.path
    for bundle, content in grown_bundles(0, b"", found).items():
        assert fetch(log, bundle.path) == content, bundle.path
    return published, found
