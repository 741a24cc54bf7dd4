import functools
import hashlib
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from jgo.env import LockedDependency, LockFile

from stack.errors import DownloadFailedError
from stack.jars import KAFKA_LOCK, fetch

CONTENT = b"a jar"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Tests need no access log."""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository of one jar, which jgo's settings name."""
    directory = tmp_path / "served"
    jar = directory / "org" / "example" / "thing" / "1.0" / "thing-1.0.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(directory))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        config = tmp_path / "jgo.conf"
        config.write_text(f"[repositories]\ncentral = http://127.0.0.1:{server.server_port}\n")
        monkeypatch.setenv("JGO_CONFIG_FILE", str(config))
        yield jar
        server.shutdown()


def lock(tmp_path: Path, sha256: str) -> Path:
    path = tmp_path / "lock.toml"
    LockFile([LockedDependency("org.example", "thing", "1.0", sha256=sha256)]).save(path)
    return path


RIGHT = hashlib.sha256(CONTENT).hexdigest()


def test_a_jar_is_downloaded_once_and_progress_is_told(tmp_path: Path, repository: Path) -> None:
    told: list[tuple[int, int]] = []
    jars = fetch(lock(tmp_path, RIGHT), tmp_path / "cache", lambda done, total: told.append((done, total)))
    assert [path.read_bytes() for path in jars.paths] == [CONTENT]
    assert told == [(1, 1)]
    repository.unlink()
    assert fetch(lock(tmp_path, RIGHT), tmp_path / "cache") == jars


def test_a_jar_with_another_hash_is_refused_and_not_kept(tmp_path: Path, repository: Path) -> None:
    with pytest.raises(DownloadFailedError, match=r"org\.example:thing:1\.0 has the SHA-256"):
        fetch(lock(tmp_path, "0" * 64), tmp_path / "cache")
    assert list((tmp_path / "cache").rglob("*.jar")) == []


def test_a_jar_cut_short_is_downloaded_again(tmp_path: Path, repository: Path) -> None:
    (path,) = fetch(lock(tmp_path, RIGHT), tmp_path / "cache").paths
    path.write_bytes(CONTENT[:2])
    fetch(lock(tmp_path, RIGHT), tmp_path / "cache")
    assert path.read_bytes() == CONTENT


def test_a_jar_that_is_not_served_is_named(tmp_path: Path, repository: Path) -> None:
    repository.unlink()
    with pytest.raises(DownloadFailedError, match=r"org\.example:thing:1\.0 could not be downloaded"):
        fetch(lock(tmp_path, RIGHT), tmp_path / "cache")


def test_every_jar_of_kafka_is_locked_by_hash_and_no_address_is_named() -> None:
    dependencies = LockFile.load(KAFKA_LOCK).dependencies
    assert any(d.artifactId == "kafka_2.13" for d in dependencies)
    assert all(d.sha256 is not None and len(d.sha256) == 64 for d in dependencies)
    assert "://" not in KAFKA_LOCK.read_text()
