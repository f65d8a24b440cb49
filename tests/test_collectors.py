"""Every collector's example conversations in; the requests and facts they must give out.

``REWRITE=1`` writes what a collector gives into ``expected.json``: read it before it is committed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import survey_samples as samples
from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed, ReadError
from glasshouse.leaf import collectors
from glasshouse.observed import KINDS
from glasshouse.records import Trouble

MOST_STEPS = 40
KINDS_OF_FACT = tuple(KINDS.values())


def run(folder: Path) -> list[dict]:
    said = samples.conversation(folder)
    leaf = collectors()[folder.parent.name]
    subject, time = Subject(**said["subject"]), parse.time(said["time"])
    assert subject.type in (leaf.SUBJECTS or ("reference",))
    after, found, hosts = None, [], set(leaf.HOSTS)
    for step in said["steps"]:
        request = leaf.ask(subject, after)
        assert request is not None, f"{folder.name}: asks nothing where a reply is given"
        assert request.host in hosts or leaf.REFERRALS, f"{request.host} is none of HOSTS"
        after = samples.reply(folder, step, request, time)
        found.append({"request": samples.shown(request), **outcome(leaf, subject, after)})
    assert leaf.ask(subject, after) is None, f"{folder.name}: asks more than there are replies"
    return found


def outcome(leaf, subject: Subject, reply: Reply) -> dict:
    try:
        said = list(leaf.read(subject, reply))
    except Malformed as problem:
        return {"malformed": str(problem)}
    except ReadError as problem:
        return {"refused": problem.what}
    troubles = [one.reason for one in said if isinstance(one, Trouble)]
    facts = [samples.told(one) for one in said if not isinstance(one, Trouble)]
    return {"facts": facts, **({"troubles": troubles} if troubles else {})}


@pytest.mark.parametrize("folder", samples.conversations(), ids=lambda f: f"{f.parent.name}/{f.name}")
def test_conversation(folder):
    found, file = run(folder), folder / "expected.json"
    if os.environ.get("REWRITE"):
        file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    assert found == json.loads(file.read_text("utf-8"))


@pytest.mark.parametrize("name", collectors())
def test_an_empty_answer_is_shown(name):
    """Each collector shows in an example how it knows that there is nothing."""
    empty = [
        folder
        for folder in samples.conversations()
        if folder.parent.name == name
        and any(step.get("facts") == [] for step in json.loads((folder / "expected.json").read_text()))
    ]
    leaf = collectors()[name]
    assert empty or leaf.EMPTY or leaf.LIVE or not leaf.SUBJECTS, (
        "an example with no facts, or EMPTY, shows the difference"
    )


@pytest.mark.parametrize("name", collectors())
def test_recognises_its_own_replies_alone(name):
    for folder in samples.conversations():
        for file in replies(folder):
            head = file.read_bytes()[:65_536]
            scores = {other: leaf.detect(head, file.name) for other, leaf in collectors().items()}
            if folder.parent.name == name and max(scores.values()) > 0:
                best = [one for one, score in scores.items() if score == max(scores.values())]
                assert name in best, f"{file}: taken for {best}"


@pytest.mark.parametrize("name", collectors())
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_hostile_replies_end_well(name, data):
    """Whatever a server sends: facts, troubles, Malformed or ReadError; then an end of asking."""
    leaf = collectors()[name]
    folders = [folder for folder in samples.conversations() if folder.parent.name == name]
    subjects = [Subject(**samples.conversation(folder)["subject"]) for folder in folders]
    subject = data.draw(st.sampled_from(subjects))
    bodies = [file.read_bytes() for folder in folders for file in replies(folder)]
    body = data.draw(st.one_of(st.binary(max_size=200), damaged(bodies), json_values()))
    request = leaf.ask(subject, None) or Request(host=leaf.HOSTS[0] if leaf.HOSTS else "")
    reply = Reply(request=request, body=body, time=samples.NOW, status=data.draw(st.sampled_from([200, 404])))
    try:
        for one in leaf.read(subject, reply):
            assert isinstance(one, (*KINDS_OF_FACT, Trouble))
            if not isinstance(one, Trouble):
                assert samples.fact(samples.told(one)).key == one.key
    except (Malformed, ReadError):
        pass
    again = leaf.ask(subject, reply)
    assert again is None or isinstance(again, Request)


def replies(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.stem not in ("conversation", "expected"))


def damaged(bodies: list[bytes]):
    def cut(body: bytes, at: int, gone: int, byte: int) -> bytes:
        at %= len(body) + 1
        return body[:at] + bytes([byte]) * (gone % 3) + body[at + gone :]

    positions = st.integers(0, 10**6), st.integers(0, 40), st.integers(0, 255)
    return st.builds(cut, st.sampled_from(bodies or [b"{}"]), *positions)


def json_values():
    values = st.recursive(
        st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
        max_leaves=8,
    )
    return values.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
