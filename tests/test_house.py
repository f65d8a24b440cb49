"""The laws hold in src, and each law catches a violation planted in a small house of its own."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import laws
from house import House

ROOT = Path(__file__).resolve().parent.parent
HOUSE = House(ROOT / "src" / "glasshouse", ROOT / "tests" / "examples")
CAPTION = '"""Numbers in, larger numbers out."""\n'
LEAF = CAPTION + "from glasshouse.records import Event\n"

GOOD = {
    "__init__.py": CAPTION,
    "records.py": CAPTION + "class Event: ...\n",
    "flow.py": CAPTION + "from glasshouse.watch import read\n",
    "watch/__init__.py": CAPTION,
    "watch/read.py": CAPTION + "try: ...\nexcept Exception: ...\n",
    "watch/unpack.py": CAPTION + "def raw(path): return open(path)\n",
    "watch/sources/__init__.py": CAPTION,
    "watch/sources/squid.py": LEAF,
    "watch/sources/zeek.py": LEAF,
    "watch/rules/burst.yml": "title: Burst\n",
    "report/__init__.py": CAPTION,
    "report/write.py": CAPTION,
    "survey/__init__.py": CAPTION,
    "survey/ask.py": CAPTION + "import httpx\n",
}
EXAMPLES = (
    "sources/squid/in.log",
    "sources/zeek/in.log",
    "rules/burst/fires.jsonl",
    "rules/burst/quiet.jsonl",
)

PLANTED = {
    "arrow up": (laws.arrows_fall, "watch/read.py", "from glasshouse.flow import watch\n"),
    "arrow up, relative": (laws.arrows_fall, "watch/read.py", "from .. import flow\n"),
    "arrow up, inside a function": (
        laws.arrows_fall,
        "records.py",
        "def f():\n    import glasshouse.flow\n",
    ),
    "wing to wing": (laws.arrows_fall, "watch/read.py", "from glasshouse.report.write import write\n"),
    "leaf to leaf": (
        laws.leaves_are_narrow,
        "watch/sources/squid.py",
        "from . import zeek\n",
    ),
    "leaf to engine": (laws.leaves_are_narrow, "watch/sources/squid.py", "import glasshouse.watch.read\n"),
    "long module": (laws.rooms_are_small, "flow.py", "x = 1\n" * 300),
    "long function": (laws.rooms_are_small, "flow.py", "def f():\n" + "    x = 1\n" * 40),
    "junk drawer": (laws.no_junk_drawers, "watch/text_utils.py", ""),
    "network": (laws.only_doors_reach_outside, "watch/read.py", "from urllib.request import urlopen\n"),
    "network through a package": (laws.only_doors_reach_outside, "flow.py", "from http import client\n"),
    "open": (laws.only_doors_open_files, "watch/sources/squid.py", "def f(p):\n    return open(p)\n"),
    "read_text": (laws.only_doors_open_files, "flow.py", "def f(p):\n    return p.read_text()\n"),
    "loose dict": (
        laws.no_loose_dict_crosses_a_wall,
        "flow.py",
        "from glasshouse.report.write import total\n",
    ),
    "example without leaf": (laws.every_leaf_has_examples, "../examples/sources/ghost/in.log", ""),
    "source without example": (laws.every_leaf_has_examples, "watch/sources/new.py", ""),
    "rule without example": (laws.every_leaf_has_examples, "watch/rules/new.yml", ""),
    "broad except": (
        laws.broad_except_only_at_the_doors,
        "flow.py",
        "try: ...\nexcept (OSError, Exception): 1\n",
    ),
    "bare except": (laws.broad_except_only_at_the_doors, "flow.py", "try: ...\nexcept: ...\n"),
}


def build(tmp_path: Path) -> House:
    for path, text in GOOD.items():
        place(tmp_path / "house" / path, text)
    place(tmp_path / "house/report/write.py", CAPTION + "def total(rows: dict[str, object]) -> int: ...\n")
    for path in EXAMPLES:
        place(tmp_path / "examples" / path, "")
    return House(tmp_path / "house", tmp_path / "examples")


def place(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.__name__)
def test_law_holds(law):
    violations = law(HOUSE)
    assert not violations, f"{law.__doc__}\n" + "\n".join(violations)


@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.__name__)
def test_law_is_content_with_a_good_house(law, tmp_path):
    assert law(build(tmp_path)) == []


@pytest.mark.parametrize("case", PLANTED)
def test_law_catches_planted_violation(case, tmp_path):
    law, path, text = PLANTED[case]
    house = build(tmp_path)
    file = house.package / path
    place(file, (file.read_text() if file.exists() else CAPTION) + text)
    violations = law(House(house.package, house.examples))
    assert len(violations) >= 1
    assert Path(path).stem.split(".")[0] in violations[0] or "ghost" in violations[0] or case == "loose dict"


@pytest.mark.parametrize("text", ["", "x = 1\n", '"""Parser."""\n', "# one two three four five six\n"])
def test_caption_law_catches(text, tmp_path):
    house = build(tmp_path)
    place(house.package / "flow.py", text)
    assert [line.split(":")[0] for line in laws.every_room_has_a_caption(house)] == ["flow.py"]


def test_every_door_still_exists():
    gone = [path for path in laws.FILE_DOORS if path not in {room.path for room in HOUSE.rooms.values()}]
    assert not gone, f"FILE_DOORS in tests/laws.py lists files that are gone: {gone}"


def test_every_file_door_is_used():
    used = {room.path for room in HOUSE.rooms.values() if laws.opened(room)}
    idle = [path for path in laws.FILE_DOORS if path not in used]
    assert not idle, f"these open no file any more, take them off FILE_DOORS in tests/laws.py: {idle}"


@pytest.mark.parametrize("folder", ["tests", "scripts", ".ci"])
def test_workshop_files_have_captions(folder):
    bare = [
        file.name
        for file in sorted((ROOT / folder).iterdir())
        if file.is_file() and file.suffix in {"", ".py"} and not _captioned(file.read_text(encoding="utf-8"))
    ]
    assert not bare, f"{folder}: first line (or the line after #!) must say what comes in and out: {bare}"


def _captioned(text: str) -> bool:
    lines = text.splitlines()
    line = next((line for line in lines if not line.startswith("#!")), "")
    return line.startswith(('"""', "# ")) and len(line.split()) >= laws.CAPTION_WORDS


def test_linters_are_as_strict_as_the_laws():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert tool["mypy"]["strict"] is True
    assert tool["ruff"]["lint"]["mccabe"]["max-complexity"] <= 10
    assert {"ANN", "BLE", "C90", "D1", "S"} <= set(tool["ruff"]["lint"]["select"])
