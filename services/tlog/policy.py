"""Which witnesses must have cosigned a checkpoint (c2sp.org/tlog-policy): the file's format, and the rule itself.

log LOGKEY
witness NAME KEY URL
group NAME any|all|K MEMBER...
quorum NAME|none
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from tlog.errors import FormatError
from tlog.keys import KeyType, VerifierKey

MAX_POLICY: Final = 1 << 20
"""Bytes in the largest policy file that is read."""

_NONE: Final = "none"
# Other space characters are part of a name: the format knows space and tab only.
_SPACE: Final = re.compile(r"[ \t]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_COUNT: Final = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class LogLine:
    """A log whose checkpoints the policy is about. `url` is empty where none is given."""

    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness by its name in the policy. `url` is its submission prefix, empty where none is given."""

    name: str
    key: VerifierKey
    url: str = ""

    def has_cosigned(self, keys: Collection[VerifierKey]) -> bool:
        return self.key in keys


@dataclass(frozen=True, slots=True)
class Group:
    """Has cosigned where at least `threshold` of its members have."""

    name: str
    threshold: int
    members: tuple[Witness | Group, ...]

    def has_cosigned(self, keys: Collection[VerifierKey]) -> bool:
        return sum(member.has_cosigned(keys) for member in self.members) >= self.threshold


@dataclass(frozen=True, slots=True)
class Policy:
    """`quorum` is None where no cosignature is needed."""

    logs: tuple[LogLine, ...]
    witnesses: tuple[Witness, ...]
    quorum: Witness | Group | None

    def is_met(self, keys: Collection[VerifierKey]) -> bool:
        """Whether cosignatures of these keys are enough. Whoever calls has verified them."""
        return self.quorum is None or self.quorum.has_cosigned(keys)

    def is_about(self, log: VerifierKey) -> bool:
        """Whether its lines name this log's key, or no log at all."""
        return not self.logs or any(line.key == log for line in self.logs)

    def witness_keys(self) -> tuple[VerifierKey, ...]:
        """The keys whose cosignatures count, to verify with."""
        return tuple(witness.key for witness in self.witnesses)

    @classmethod
    def parse(cls, data: bytes) -> Policy:
        """Reads a policy file. Raises FormatError naming the line and what would be right."""
        if len(data) > MAX_POLICY:
            raise FormatError(f"policy has {len(data)} bytes; allowed are at most {MAX_POLICY}")
        *lines, rest = data.split(b"\n")
        if rest:
            raise FormatError(f"line {len(lines) + 1}: must end in a newline; is the policy cut short?")
        reading = _Reading()
        for number, line in enumerate(lines, 1):
            try:
                reading.take(line)
            except FormatError as error:
                raise FormatError(f"line {number}: {error}") from None
        return reading.policy()


@dataclass(slots=True)
class _Reading:
    """What stood in the lines so far. Raises FormatError."""

    logs: list[LogLine] = field(default_factory=list)
    named: dict[str, Witness | Group] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    quorum: list[Witness | Group | None] = field(default_factory=list)

    def take(self, data: bytes) -> None:
        try:
            line = data.decode("utf-8")
        except UnicodeDecodeError:
            # The format would allow it, but names are also labels of metrics, and shown.
            raise FormatError("must be UTF-8") from None
        if _CONTROL.search(line):
            raise FormatError("control characters other than tab are not allowed")
        items = [item for item in _SPACE.split(line) if item]
        if not items or items[0].startswith("#"):
            return
        match items:
            case ["log", key, *url] if len(url) <= 1:
                self._log(key, "".join(url))
            case ["witness", name, key, *url] if len(url) <= 1:
                self._witness(name, key, "".join(url))
            case ["group", name, threshold, *members] if members:
                self._group(name, threshold, members)
            case ["quorum", name]:
                self._quorum(name)
            case _:
                raise FormatError(
                    "must be `log KEY [URL]`, `witness NAME KEY [URL]`, `group NAME any|all|K MEMBER...`, "
                    "`quorum NAME`, or a comment that begins with #"
                )

    def policy(self) -> Policy:
        if not self.quorum:
            raise FormatError("policy has no quorum line; `quorum none` asks for no cosignature")
        witnesses = tuple(one for one in self.named.values() if isinstance(one, Witness))
        return Policy(tuple(self.logs), witnesses, self.quorum[0])

    def _log(self, text: str, url: str) -> None:
        key = _key(text, KeyType.ED25519, "a log")
        if any(other.key.public == key.public for other in self.logs):
            raise FormatError(f"the key of {key.name} stands in a log line before")
        self.logs.append(LogLine(key, url))

    def _witness(self, name: str, text: str, url: str) -> None:
        key = _key(text, KeyType.COSIGNATURE, "a witness")
        others = (one for one in self.named.values() if isinstance(one, Witness))
        # The same key under another name: it would count twice.
        if twin := next((other for other in others if other.key.public == key.public), None):
            raise FormatError(f"witness {name} has the same key as witness {twin.name}")
        self._name(Witness(name, key, url))

    def _group(self, name: str, threshold: str, names: list[str]) -> None:
        members = []
        for member in names:
            members.append(self._defined(member))
            if member in self.members:
                raise FormatError(f"{member} is a member already; it may be a member once, so that it counts once")
            self.members.add(member)
        self._name(Group(name, _threshold(threshold, len(members)), tuple(members)))

    def _quorum(self, name: str) -> None:
        if self.quorum:
            raise FormatError("there is a quorum line before; there must be one alone")
        self.quorum.append(None if name == _NONE else self._defined(name))

    def _name(self, one: Witness | Group) -> None:
        if one.name == _NONE:
            raise FormatError(f"{_NONE} is no name for a witness or group")
        if one.name in self.named:
            raise FormatError(f"the name {one.name} is taken by a line before")
        self.named[one.name] = one

    def _defined(self, name: str) -> Witness | Group:
        if name not in self.named:
            raise FormatError(f"no line before defines a witness or group {name}")
        return self.named[name]


def _key(text: str, type_: KeyType, of: str) -> VerifierKey:
    key = VerifierKey.parse(text)
    if key.type is not type_:
        raise FormatError(f"the key of {key.name} has type {key.type.value}; that of {of} must have {type_.value}")
    return key


def _threshold(text: str, count: int) -> int:
    match text:
        case "any":
            return 1
        case "all":
            return count
    if not _COUNT.fullmatch(text) or int(text) > count:
        raise FormatError(f"threshold must be any, all, or a number from 1 to {count}, the members; not {text}")
    return int(text)
