"""The documents in, proof that they are true out: pages are fresh, links lead somewhere, tested lines run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TESTED = re.compile(r"<!-- tested -->\n```console\n(.*?)```", re.DOTALL)
LEFT_OUT = "…"


def examples(text: str) -> list[tuple[str, list[str]]]:
    """Blocks marked `<!-- tested -->` in, (shell line, output lines shown under it) out."""
    found: list[tuple[str, list[str]]] = []
    for block in TESTED.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def shows(expected: list[str], printed: str) -> bool:
    """Whether the lines shown stand in the output in that order; `…` stands for lines left out.

    Durations and folders differ from run to run, so they compare equal.
    """
    parts, lines = [[]], [same(line) for line in printed.splitlines()]
    for line in expected:
        parts.append([]) if line.strip() == LEFT_OUT else parts[-1].append(same(line))
    place = 0
    for part in parts:
        starts = [at for at in range(place, len(lines) - len(part) + 1) if lines[at : at + len(part)] == part]
        if not starts:
            return False
        place = starts[0] + len(part)
    return True


def same(line: str) -> str:
    return re.sub(r"\d+\.\d s\b", "0.0 s", re.sub(r"(/[\w.-]+)+/(?=[\w-]+\.html)", "", line)).rstrip()


@pytest.fixture
def clone(tmp_path):
    """A folder that looks like this one but takes what the tested lines write."""
    for item in ROOT.iterdir():
        (tmp_path / item.name).symlink_to(item)
    return tmp_path


@pytest.mark.parametrize(("line", "expected"), examples((ROOT / "README.md").read_text(encoding="utf-8")))
def test_readme_line_runs_and_prints_what_it_shows(line, expected, clone):
    # The test runs inside the environment that `make` would make first.
    run = line.replace("make ", "make -s -o .venv/.run-ready ")
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {run}"], cwd=clone, capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}, timeout=300,
    )  # fmt: skip
    assert done.returncode in (0, 141), done.stderr
    assert "Traceback" not in done.stderr
    assert shows(expected, done.stdout), "\n".join(["README shows", *expected, "printed was", done.stdout])


def test_readme_starts_with_one_tested_command():
    assert examples((ROOT / "README.md").read_text(encoding="utf-8"))[0][0] == "make demo"


def test_reference_pages_are_fresh():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/reference", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
    dead = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert not dead


@pytest.mark.parametrize(
    "document", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.stem
)
def test_decision_fits_on_a_page(document):
    assert len(document.read_text(encoding="utf-8").split()) <= 600


def commands():
    import typer

    from glasshouse.cli.main import app

    waiting = [("glasshouse", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        yield name, command
        waiting += [(f"{name} {word}", inner) for word, inner in getattr(command, "commands", {}).items()]


def test_every_command_and_option_has_help():
    found = dict(commands())
    assert len(found) > 8
    bare = [name for name, command in found.items() if not command.help]
    bare += [
        f"{name} {item.name}" for name, command in found.items() for item in command.params if not item.help
    ]
    assert not bare


def test_readme_lists_every_command():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    words = {name.split()[1] for name, _command in commands() if " " in name}
    assert [word for word in sorted(words) if f"| `{word}" not in text] == []


def test_the_readme_shows_the_table_of_the_proof():
    def table(name: str, begin: str) -> str:
        text = (ROOT / name).read_text(encoding="utf-8").partition(f"<!-- the table{begin} -->")[2]
        first = next(part for part in text.split("\n\n") if "| Detector |" in part)
        return first.partition("\n<!--")[0].strip()

    shown = table("README.md", " of docs/proof.md")
    assert shown.count("\n") > 5
    assert shown == table("docs/proof.md", ": made by `make proof`"), "run make proof"


def test_output_lines_may_be_left_out_but_not_made_up():
    printed = "one\ntwo 3.1 s\nthree /tmp/x/demo-report.html\nfour\n"
    assert shows(["one", "…", "four"], printed)
    assert shows(["two 9.9 s", "three /home/me/demo-report.html"], printed)
    assert not shows(["one", "four"], printed)
    assert not shows(["four", "…", "one"], printed)
    assert not shows(["five"], printed)
