"""That the search for traces finds them; a search that finds nothing by mistake would be worth nothing."""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.integration.erasure.traces import traces

NAME = "Plantina Überwältigt-Zq7x"


@pytest.mark.parametrize(
    "written",
    [
        NAME.encode(),
        json.dumps({"name": NAME}).encode(),
        quote(NAME).encode(),
        NAME.encode().hex().encode(),
        NAME.encode("utf-16-le"),
        *[base64.b64encode(b"x" * before + NAME.encode() + b"y" * 7) for before in range(6)],
        base64.urlsafe_b64encode(b"??>" + NAME.encode()),
    ],
)
@pytest.mark.parametrize("before", [0, (1 << 20) - 11])
def test_a_name_is_found_however_it_is_written_and_wherever_it_stands(
    tmp_path: Path, written: bytes, before: int
) -> None:
    (tmp_path / "folder").mkdir()
    with (tmp_path / "folder" / "file").open("wb") as file:
        file.seek(before)
        file.write(b"-" + written + b"-")
        file.truncate(64 << 20)
    (tmp_path / "other").write_bytes(b"nothing")
    assert traces(tmp_path, {"name": NAME, "absent": "somebody else"}) == {"name": {"folder/file"}}
