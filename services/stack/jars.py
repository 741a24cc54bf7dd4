"""The jars of a lock file, downloaded once and checked against their hashes."""

import fcntl
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from jgo.config import GlobalSettings
from jgo.env import LockedDependency, LockFile
from jgo.maven import Artifact, MavenContext, PythonResolver

from stack.errors import DownloadFailedError

KAFKA_LOCK = Path(__file__).with_name("kafka.lock.toml")

# Kafka itself names no logger that writes anywhere, so one is added; 1.7 is the line of slf4j that Kafka is built on.
KAFKA_COORDINATES = ("org.apache.kafka:kafka_2.13:{version}", "org.slf4j:slf4j-simple:1.7.36")

Progress = Callable[[int, int], None]
"""Called with (jars present, jars in all), from any thread."""

_HTTP_TIMEOUT_SECONDS = 60
_PARALLEL_DOWNLOADS = 8


@dataclass(frozen=True)
class Jars:
    """The jars of one lock file, all present and checked."""

    paths: tuple[Path, ...]

    @property
    def classpath(self) -> str:
        return ":".join(str(path) for path in self.paths)


def fetch(lock_path: Path, cache: Path, progress: Progress | None = None) -> Jars:
    """Download what is missing and check every jar of the lock file.

    Raises DownloadFailedError when a jar cannot be had or has another hash than the lock file says.
    """
    locked = LockFile.load(lock_path).dependencies
    repository = cache / "maven"
    repository.mkdir(parents=True, exist_ok=True)
    context = _context(repository)
    done = 0

    def one(dependency: LockedDependency) -> Path:
        nonlocal done
        path = _present(context, dependency)
        done += 1
        if progress is not None:
            progress(done, len(locked))
        return path

    with _only_one_downloads(repository), ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as pool:
        paths = tuple(pool.map(one, locked))
    return Jars(paths)


def install(target: Path) -> None:
    """Put Kafka's jars side by side into a directory, as an image holds them. Raises DownloadFailedError."""
    with tempfile.TemporaryDirectory() as cache:
        jars = fetch(KAFKA_LOCK, Path(cache))
        target.mkdir(parents=True, exist_ok=True)
        for path in jars.paths:
            shutil.copy(path, target)


def installed(directory: Path) -> Jars:
    """The jars that `install` put there, checked then."""
    return Jars(tuple(sorted(directory.glob("*.jar"))))


def write_kafka_lock(version: str, lock_path: Path, cache: Path) -> int:
    """Resolve Kafka `version` with all its jars and write their coordinates and hashes. Returns how many."""
    context = _context(cache / "maven")
    inputs = [context.create_dependency(c.format(version=version)) for c in KAFKA_COORDINATES]
    resolved, transitive = context.resolver.resolve(inputs)
    everything = sorted([*resolved, *transitive], key=lambda d: (d.groupId, d.artifactId))
    LockFile.from_resolved_dependencies(everything).save(lock_path)
    return len(everything)


def _context(repository: Path) -> MavenContext:
    # jgo's own settings name the mirror, where a site has one.
    mirrors = GlobalSettings.load().repositories or None
    return MavenContext(
        resolver=PythonResolver(),
        repo_cache=repository,
        remote_repos=mirrors,
        timeout=_HTTP_TIMEOUT_SECONDS,
    )


def _present(context: MavenContext, dependency: LockedDependency) -> Path:
    name = f"{dependency.groupId}:{dependency.artifactId}:{dependency.version}"
    component = context.project(dependency.groupId, dependency.artifactId).at_version(dependency.version)
    artifact = component.artifact(dependency.classifier or "", dependency.packaging)
    kept = artifact.cached_path
    if kept is not None and kept.exists():
        if _sha256(kept) == dependency.sha256:
            return kept
        kept.unlink()  # cut short by a full disk or an interrupt: take it anew
    path = _download(name, artifact)
    found = _sha256(path)
    if found != dependency.sha256:
        path.unlink()
        raise DownloadFailedError(
            f"{name} has the SHA-256 {found}, but the lock file says {dependency.sha256}. "
            "Don't use this network's copy; check the repository set in jgo's settings, or any proxy between."
        )
    return path


def _download(name: str, artifact: Artifact) -> Path:
    try:
        return Path(artifact.resolve())
    except (requests.RequestException, RuntimeError) as error:
        raise DownloadFailedError(
            f"{name} could not be downloaded: {error}. Check the network; behind a proxy set HTTPS_PROXY, "
            "and for a mirror of Maven Central name it under [repositories] in ~/.config/jgo.conf."
        ) from error
    except OSError as error:
        raise DownloadFailedError(f"{name} could not be stored: {error}. Free some disk space.") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _only_one_downloads(repository: Path) -> Iterator[None]:
    with (repository / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    install(Path(sys.argv[1]))
