"""Values by field name in, verdicts and alerts out; and the words that triage tests build on."""

from __future__ import annotations

from glasshouse.records import Actor, Alert
from glasshouse.triage.decide import Row, Table, load
from glasshouse.verdicts import DECISIONS, Field, Reference, Verdict

WORDS = {
    name: tuple(values.split())
    for name, values in {
        "about_us": "all some none unknown",
        "authorised": "yes partly outside no unknown",
        "change": "approved unapproved none unknown",
        "exercise": "yes no unknown",
        "automated": "yes likely no unknown",
        "volume": "targeted-high high normal unknown",
        "usual": "usual unusual first unknown",
        "peers": "usual unusual unknown",
        "rise": "sudden none unknown",
        "credential": "shared single none-seen unknown",
        "privilege": "privileged service normal unknown",
        "account_state": "disabled active unknown",
        "machine": "server workstation unmanaged unknown",
        "criticality": "critical high medium low unknown",
        "intel": "hit old-hit none unknown",
        "pattern": "known-recon single-tool none",
        "history": "first recurring unknown",
        "exposure": "exposed visible nothing-known not-ours unknown",
        "visibility": "full partial",
        "data_sent": "large normal unknown",
    }.items()
}
UNKNOWN = {name: "unknown" if "unknown" in values else values[-1] for name, values in WORDS.items()}
# An ordinary colleague who looks a few things up in a browser, as usual, about others; all is known.
ORDINARY = {
    "about_us": "none",
    "authorised": "no",
    "change": "none",
    "exercise": "no",
    "automated": "no",
    "volume": "normal",
    "usual": "usual",
    "peers": "usual",
    "rise": "none",
    "credential": "none-seen",
    "privilege": "normal",
    "account_state": "active",
    "machine": "workstation",
    "criticality": "low",
    "intel": "none",
    "pattern": "none",
    "history": "first",
    "exposure": "unknown",
    "visibility": "full",
    "data_sent": "normal",
}
NUMBERS = {"volume": 4.0, "about_us": 0.0, "rise": 1.0, "pattern": 20.0}


def field(name: str, value: str, **more) -> Field:
    if value == "unknown":
        more = {"because": f"no log says {name}", "would_answer": f"a log that says {name}", **more}
        more.setdefault("confidence", "none")
    else:
        more.setdefault("evidence", (Reference("lookup", f"{name}.log:1"),))
    more.setdefault("number", None if value == "unknown" else NUMBERS.get(name))
    return Field(name=name, value=value, says=f"{name} says {value}", **more)


def verdict(
    start: dict[str, str] = ORDINARY, numbers: dict[str, float] | None = None, **values: str
) -> Verdict:
    made = []
    for name, value in {**start, **values}.items():
        more = {"number": numbers[name]} if numbers and name in numbers else {}
        made.append(field(name, value, **more))
    return Verdict(tuple(made))


def alert(score: int = 30) -> Alert:
    return Alert(id="GH-000001", first_seen=0, last_seen=60_000_000, actor=Actor(user="u-1"), score=score)


def in_words(row: Row) -> str:
    """The conditions of a row of the decision table, as docs/triage.md shows them."""
    said = [f"{name.replace('_', ' ')}: {' or '.join(values)}" for name, values in row.when]
    said += [f"{name} ≥ `{limit}`" for name, limit in row.at_least]
    said += [f"{name} ≤ `{limit}`" for name, limit in row.at_most]
    said += [f"{name} known" for name in row.needs]
    return "; ".join(said) or "always"


def as_markdown(table: Table) -> str:
    """The decision table as docs/triage.md shows it: run this file to print it."""
    lines = ["| | row | holds when | because |", "|---|---|---|---|"]
    lines += [
        f"| {DECISIONS[row.decision]} | `{row.id}` | {in_words(row)} | {row.says} |" for row in table.rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(as_markdown(load()))
