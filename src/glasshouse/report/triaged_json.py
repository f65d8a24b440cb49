"""A judged alert in, its JSON object out: alert, fields of the verdict, answers and decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from glasshouse.report.contract import alert_json, line
from glasshouse.verdicts import Reference, Triaged


def lines(judged: Sequence[Triaged], cases: Mapping[str, str]) -> str:
    """One line per alert, in the order given; ``cases`` names the case of an alert."""
    return "".join(f"{line(_object(one, cases.get(one.alert.id)))}\n" for one in judged)


def _object(one: Triaged, case: str | None) -> dict[str, object]:
    return {
        "alert": alert_json(one.alert),
        "case": case,
        "decision": {
            "name": one.decision.name,
            "row": one.decision.row,
            "says": one.decision.says,
            "criteria": [{"name": c.name, "held": c.held, "says": c.says} for c in one.decision.criteria],
        },
        "verdict": {
            field.name: {
                "value": field.value,
                "says": field.says,
                "confidence": field.confidence,
                "number": field.number,
                "evidence": _references(field.evidence),
                "because": field.because or None,
                "would_answer": field.would_answer or None,
            }
            for field in one.verdict.fields
        },
        "answers": [
            {
                "playbook": answer.playbook,
                "id": answer.id,
                "kind": answer.kind,
                "asks": answer.asks,
                "answer": answer.answer,
                "value": answer.value,
                "confidence": answer.confidence,
                "evidence": _references(answer.evidence),
            }
            for answer in one.answers
        ],
    }


def _references(evidence: Iterable[Reference]) -> list[dict[str, str]]:
    return [{"kind": ref.kind, "where": ref.where, "says": ref.says} for ref in evidence]
