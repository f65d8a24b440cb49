"""The queue and the grave cases of the demo in: a newcomer's six questions, answered by the page alone."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from demo_samples import DECIDED, PLANTED, ROOT, about, glasshouse

QUESTIONS = ("1 Who?", "2 What?", "3 About us?", "4 Allowed?", "5 Why flagged?", "6 What next?")
TITLES = {"contain": "contain", "escalate-t2": "escalate to T2"}
GRAVE = [name for name, wanted in DECIDED.items() if wanted["decision"] in TITLES]
SHOWN = re.compile(r"<!-- walked -->\n```console\n\$ (.*?)\n(.*?)```", re.DOTALL)
PAGES = ("docs/first-hour.md",)
PATIENCE = 90  # seconds from the queue to the last answer


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("walk")
    done = glasshouse(folder, "demo", "--keep-home", "demo-home")
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def typed(home: Path, *words: str) -> str:
    """What the screen shows; a walk that meets an error is over."""
    done = glasshouse(home, *words, "--home", "demo-home")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def pages(home) -> dict[str, str]:
    """The page of every grave case, found as an analyst finds it: from the top of the queue."""
    began = time.monotonic()
    queue = re.findall(r"^  (C-\d+) +(contain|escalate to T2) ", typed(home, "cases"), re.MULTILINE)
    walked = {name: typed(home, "case", "show", name) for name, _decision in queue}
    assert time.monotonic() - began < PATIENCE
    assert [decision for _name, decision in queue] == ["contain", "escalate to T2", "escalate to T2"]
    return walked


def case_of(pages: dict[str, str], act: str) -> dict[str, str]:
    """The six answers of the page that is about an act, each as one line."""
    host = PLANTED[act]["actor"]["hosts"][0]
    found = [page for page in pages.values() if re.search(rf"\b{re.escape(host)}\b", answers(page)["1 Who?"])]
    assert len(found) == 1, f"{len(found)} pages are about {host}"
    return answers(found[0])


def answers(page: str) -> dict[str, str]:
    """The page in, what stands beside each question out."""
    top = page.split("\nWhy this decision")[0]
    marks = [re.search(rf"^{re.escape(question)}", top, re.MULTILINE) for question in QUESTIONS]
    assert all(marks), f"a question is missing on the page:\n{page}"
    ends = [*(mark.start() for mark in marks[1:]), len(top)]
    texts = [top[mark.end() : end] for mark, end in zip(marks, ends, strict=True)]
    return {question: " ".join(text.split()) for question, text in zip(QUESTIONS, texts, strict=True)}


@pytest.mark.parametrize("act", GRAVE)
def test_who(pages, act):
    said, actor = case_of(pages, act)["1 Who?"], PLANTED[act]["actor"]
    assert all(word in said for word in (*actor["hosts"], *actor["ips"], *actor["users"]))
    if not actor["users"]:
        assert "no log names an account" in said


@pytest.mark.parametrize("act", GRAVE)
def test_what(pages, act):
    said, made = case_of(pages, act)["2 What?"], PLANTED[act]
    head, _mark, rest = said.partition(f": {made['requests']} requests")
    assert rest, said
    listed = head.removesuffix(" more").split(" and ")
    shown = set(listed[0].split(", "))
    assert shown <= set(made["databases"])
    assert len(shown) + (int(listed[1]) if len(listed) > 1 else 0) == len(made["databases"])
    assert made["start"].replace("T", " ")[:16] in rest


@pytest.mark.parametrize("act", GRAVE)
def test_about_us(pages, act):
    said, wanted = case_of(pages, act)["3 About us?"], DECIDED[act]
    if wanted["about_us"] == "unknown":
        assert said.startswith("cannot be told: the logs show no target")
    else:
        assert said.startswith(f"{wanted['ours']} of {wanted['ours']} target")
        assert "example.com" in said


@pytest.mark.parametrize("act", GRAVE)
def test_allowed(pages, act):
    said, wanted = case_of(pages, act)["4 Allowed?"], DECIDED[act]
    assert f"use register: {wanted['allowed']} — " in said
    assert ("change records: none" in said) == (wanted["change"] is None)
    assert wanted["change"] is None or f"unapproved — {wanted['change']}" in said
    assert "exercise: no — " in said


@pytest.mark.parametrize("act", GRAVE)
def test_why_flagged(pages, act):
    said = case_of(pages, act)["5 Why flagged?"]
    score = int(re.match(r"score (\d+) ", said)[1])
    rows = re.findall(r"([+-]\d+) (\w+): \S", said)
    assert score >= 40
    assert sum(int(points) for points, _rule in rows) == score
    assert len({rule for _points, rule in rows}) == len(rows) >= 4


@pytest.mark.parametrize("act", GRAVE)
def test_what_next(pages, act):
    said, wanted = case_of(pages, act)["6 What next?"], DECIDED[act]
    assert said.startswith(f"{TITLES[wanted['decision']]}: ")
    assert "Seen: " in said
    first = [line.strip() for line in re.split(r" - (?=[A-Z])", said)[1:]]
    assert len(first) >= 3
    page = next(page for page in pages.values() if answers(page)["6 What next?"] == said)
    tasks = " ".join(page.partition("\nTasks\n")[2].partition("\nHistory\n")[0].split())
    missing = [step for number, step in enumerate(first, 1) if f"{number} [to-do] {step}" not in tasks]
    assert not missing


@pytest.mark.parametrize("page", PAGES)
def test_what_the_pages_show_is_what_is_printed(home, page):
    shown = SHOWN.findall((ROOT / page).read_text(encoding="utf-8"))
    assert shown, f"{page} shows nothing of the walk"
    for command, text in shown:
        words = command.removeprefix(".venv/bin/glasshouse ").removesuffix(" --home demo-home").split()
        printed = [line.rstrip() for line in typed(home, *words).splitlines()]
        place = 0
        for line in text.splitlines():
            if line.strip() != "…":
                assert line.rstrip() in printed[place:], f"{page} shows {line!r}, which is not printed"
                place = printed.index(line.rstrip(), place) + 1


def without(entry: str) -> Callable[[Path], None]:
    """Takes an entry out of the register."""

    def act(know: Path) -> None:
        file = know / "register.yml"
        text = re.sub(rf"  - id: {entry}\n(?:    .*\n|\n)+", "", file.read_text(encoding="utf-8"))
        assert entry not in text
        file.write_text(text, encoding="utf-8")

    return act


def instead(name: str, old: str, new: str, after: str = "") -> Callable[[Path], None]:
    """Changes one text of a file, the first one after a mark."""

    def act(know: Path) -> None:
        head, mark, rest = (know / name).read_text(encoding="utf-8").partition(after or "\n")
        assert old in rest
        (know / name).write_text(head + mark + rest.replace(old, new, 1), encoding="utf-8")

    return act


def gone(name: str) -> Callable[[Path], None]:
    return lambda know: (know / name).unlink()


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        (without("CERT-WATCH"), {"slow-poll"}),
        (
            instead("register.yml", "valid_until: 2026-03-20", "valid_until: 2026-03-16", "RED-TEAM"),
            {"amass-rdap", "harvester-jump-host"},
        ),
        (gone("intel.json"), {name for name, one in DECIDED.items() if one["decision"].startswith("close")}),
        (gone("people.csv"), {"supplier-check", "customer-check"}),
        (instead("register.yml", "[own]", "[own, example.org]", "DOMAIN-CHECK"), {"bulk-whois"}),
    ],
    ids=["entry-gone", "exercise-over", "no-intelligence", "no-directory", "entry-wider"],
)
def test_what_the_company_knows_decides(home, tmp_path, change, moved):
    """The last table of the page: each change moves what it says it moves."""
    made = tmp_path / "demo-home"
    shutil.copytree(home / "demo-home", made)
    settings = (made / "glasshouse.toml").read_text(encoding="utf-8")
    (made / "glasshouse.toml").write_text(settings.replace(str(home), str(tmp_path)), encoding="utf-8")
    change(made / "know")
    done = glasshouse(tmp_path, "triage", "--home", str(made), "-f", "jsonl", "--since", "2026-03-17")
    assert done.returncode == 0, done.stderr[-2000:]
    now: dict[str, set[str]] = {}
    for one in map(json.loads, done.stdout.splitlines()):
        for act in DECIDED:
            if about(one["alert"], PLANTED[act]):
                now.setdefault(act, set()).add(one["decision"]["name"])
    assert set(now) == set(DECIDED)
    assert moved <= {act for act in DECIDED if now[act] != {DECIDED[act]["decision"]}}


def test_the_walk_ends_in_a_closed_case(home):
    name = re.search(r"^  (C-\d+) +L1 review ", typed(home, "cases"), re.MULTILINE)[1]
    assert typed(home, "case", "assign", name, "l1-analyst", "--by", "l1-analyst")
    words = ("case", "close", name, "--by", "l1-analyst", "--as", "benign-positive")
    refused = glasshouse(home, *words, "--home", "demo-home")
    assert refused.returncode == 2
    assert "a case closes with a reason code" in refused.stderr
    assert "closed" in typed(home, *words, "--code", "asset-management")
    assert f"  {name} " not in typed(home, "cases")
