"""SQLite files: who reads does not wait for who writes."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from node.adapters.files.sqlite import SqliteFile

SCHEMA = ("CREATE TABLE numbers (number INTEGER) STRICT",)


def read(file: SqliteFile) -> list[int]:
    with file.reading() as connection:
        return [number for (number,) in connection.execute("SELECT number FROM numbers ORDER BY 1")]


def write(file: SqliteFile, number: int) -> None:
    with file.writing() as connection:
        connection.execute("INSERT INTO numbers VALUES (?)", (number,))


def test_a_reader_does_not_wait_for_a_writer_and_sees_what_is_committed(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "f.sqlite", SCHEMA)
    write(file, 1)
    with ThreadPoolExecutor() as others, file.writing() as connection:
        connection.execute("INSERT INTO numbers VALUES (2)")
        assert others.submit(read, file).result(timeout=10) == [1]
    assert read(file) == [1, 2]


def test_a_read_that_fails_leaves_nothing_open(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "f.sqlite", SCHEMA)
    with pytest.raises(sqlite3.OperationalError, match="no such table"), file.reading() as connection:
        connection.execute("SELECT * FROM letters")
    write(file, 1)
    assert read(file) == [1]


def test_a_file_that_was_exchanged_is_noticed_by_readers_and_writers(tmp_path: Path) -> None:
    file, other = SqliteFile(tmp_path / "f.sqlite", SCHEMA), SqliteFile(tmp_path / "other.sqlite", SCHEMA)
    write(file, 1)
    write(other, 7)
    assert read(file) == [1]
    other.close()
    file.remove()
    other.path.rename(file.path)
    assert read(file) == [7]
    write(file, 8)
    assert read(file) == [7, 8]
