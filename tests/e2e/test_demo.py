"""`make demo` as a newcomer runs it: what it shows, not only that it ends."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil

PROVIDERS = ("Leuven", "Lyon", "Freiburg", "Bologna", "Valencia", "Porto", "Vienna", "Kraków")
COUNTRIES = ("BE", "FR", "DE", "IT", "ES", "PT", "AT", "PL")


def test_the_demo_shows_a_query_across_eight_borders_its_trace_and_its_proof(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "stack", "demo", "--home", str(tmp_path / "demo")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    shown = done.stdout
    assert done.returncode == 0, shown[-3000:] + done.stderr[-3000:]
    assert "invented" in shown
    assert "1,044,191 series in all" in shown
    for provider, country in zip(PROVIDERS, COUNTRIES, strict=True):
        assert re.search(rf"{country} +Demo provider {provider} \(invented\) +live", shown), provider
    assert re.search(r"^179 +8 +8 ", shown, re.MULTILINE), "the catalogue's sums"
    answers = re.findall(r"^ ?Demo provider (\S+) \(invented\) +\w\w +answered", shown, re.MULTILINE)
    assert sorted(answers) == sorted(PROVIDERS)
    assert "✗ manufacturer 0%" in shown
    assert "not in the total: Demo provider Kraków (invented): can't evaluate manufacturer" in shown
    # Kraków's counts may not be added; whose counts the noise suppresses is chance.
    assert re.search(r"total +[1-7] of 8", shown)
    assert f"services in {', '.join(sorted(COUNTRIES))}" in shown
    assert shown.count("node task count") == 8
    assert re.search(r"PROVED: entry \d+ is in the log of [\d,]+ entries, signed by", shown)
    assert "make up" in shown
    left = [p for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(p.info["cmdline"] or ())]
    assert not left


def test_a_second_demo_says_that_one_is_running(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    command = [sys.executable, "-m", "stack", "demo", "--home", str(home)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as first:
        while not (home / "status.json").exists():
            assert first.poll() is None
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        first.terminate()
        first.wait(60)
    assert second.returncode == 1
    assert f"already runs in {home}, as pid {first.pid}" in second.stderr
