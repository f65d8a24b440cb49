"""Random draws in, records that name made-up people out: what the tests of privacy are shown."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from glasshouse.flow_privacy import plain
from glasshouse.pseudonyms import Pseudonyms
from glasshouse.records import Actor, Alert, Evidence, Lookup, Points, Report, Target, Trouble
from glasshouse.report.masks import Cover
from glasshouse.verdicts import (
    Answer,
    Criterion,
    Decision,
    Episode,
    Field,
    Named,
    Reference,
    Triaged,
    Verdict,
)
from sink_samples import BURST, LOOKUP, REPORT, TALLY

KEY = b"k" * 32
FIELDS = (
    *("about_us", "authorised", "change", "exercise", "automated"),
    *("privilege", "account_state", "machine", "visibility"),
)

# Names that are nobody's words: a marker no text of ours holds, in the shapes that logs spell.
_stems = st.text("abcdefghjkmnpqrstuvwxyzABCÄÖßéüđłж漢0123456789", min_size=2, max_size=8).map(
    lambda x: f"zq{x}"
)
_joined = st.lists(_stems, min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from([".", "-", "_", " ", "'", "\u200b"]).map(lambda by: by.join(parts))
)
accounts = _joined.flatmap(
    lambda name: st.sampled_from([name, f"EXAMPLE\\{name}", f"{name}@example.com", name.upper(), f"{name}$"])
)
hosts = _joined.flatmap(lambda name: st.sampled_from([name, f"{name}.corp.example.com", name.upper()]))
addresses = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(str),
    st.ip_addresses(v=4).map(lambda x: f"::ffff:{x}"),
)


@st.composite
def actors(draw: st.DrawFn) -> Actor:
    """Somebody at some machine with a program in a folder of theirs."""
    user, host = draw(st.none() | accounts), draw(st.none() | hosts)
    folder = draw(accounts).rsplit("\\", 1)[-1]
    place = draw(st.sampled_from([rf"C:\Users\{folder}\bin\tool.exe", f"/home/{folder}/tool", "tool"]))
    return Actor(user, host, draw(st.none() | addresses), place, draw(st.none() | hosts))


@st.composite
def sentences(draw: st.DrawFn, names: list[str]) -> str:
    """Words, and names between them, next to all that may stand beside a name."""
    parts = draw(
        st.lists(st.sampled_from(["asked", "(", ")", ", ", "/", "\\", "=", '"', ": ", "?u=", "%5C", " "]))
    )
    some = draw(st.lists(st.sampled_from(names or ["nobody"]), max_size=3))
    return " ".join(x for pair in zip([*parts, "x"], [*some, "y"], strict=False) for x in pair)


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    """An alert whose sentences name its people, too."""
    actor, users = draw(actors()), draw(st.lists(accounts, max_size=2))
    names = [one for one in (actor.user, actor.host, actor.ip, actor.device, *users) if one]
    mail = Target("email", f"{draw(_stems)}@example.org", None)
    return replace(
        BURST, actor=actor, users=tuple(users), summary=draw(sentences(names)),
        points=(Points("own_assets", 25, draw(sentences(names))),), targets=(*BURST.targets, mail),
        evidence=(Evidence(f"logs/{draw(sentences(names))}.log", 1, "ab", "squid", 0),),
    )  # fmt: skip


@st.composite
def triaged(draw: st.DrawFn) -> Triaged:
    """A judged alert whose verdict names further people: owners of machines."""
    alert = draw(alerts())
    owner, machine = draw(accounts), draw(hosts)
    names = [one for one in (alert.actor.user, alert.actor.host, *alert.users, owner, machine) if one]
    where = Reference("machine", draw(sentences(names)), draw(sentences(names)))
    fields = tuple(
        Field(name=x, value="unknown", says=draw(sentences(names)), evidence=(where,)) for x in FIELDS
    )
    return Triaged(
        alert=alert,
        episode=Episode(
            alert=alert, key=alert.actor.ip or "", accounts=tuple(one.lower() for one in alert.users),
            hosts=(machine,), ips=(alert.actor.ip or "192.0.2.1",), key_accounts=(owner,),
        ),
        verdict=Verdict(fields, (Named("user", owner), Named("host", machine))),
        answers=(
            Answer(playbook="t1596", id="q", kind="question", asks="?", answer=draw(sentences(names)),
                   value="yes", confidence="high", evidence=(where,)),
        ),
        decision=Decision(name="l1-review", row="r", says=draw(sentences(names)),
                          criteria=(Criterion("volume", True, draw(sentences(names))),)),
    )  # fmt: skip


@st.composite
def lookups(draw: st.DrawFn) -> Lookup:
    """A lookup with its doubts."""
    actor = draw(actors())
    names = [one for one in (actor.user, actor.host, actor.ip) if one]
    return replace(LOOKUP, actor=actor, doubt=draw(sentences(names)), file=draw(sentences(names)))


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A report with alerts, and a trouble that names somebody."""
    some = draw(st.lists(alerts(), min_size=1, max_size=3))
    names = [one.actor.user for one in some if one.actor.user]
    tally = replace(TALLY, troubles=[Trouble(draw(sentences(names)), 1, draw(sentences(names)), "look")])
    return replace(REPORT, alerts=tuple(some), tally=tally)


def cover(everybody: bool = True, protected=None) -> Cover:
    """What covers everybody, by a key of the tests."""
    return Cover(Pseudonyms(KEY, plain), everybody, protected)
