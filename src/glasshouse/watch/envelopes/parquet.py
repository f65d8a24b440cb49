"""Rows of a Parquet file as JSON in, the same rows with the names a source knows out."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from glasshouse.watch.parse import Layout, json_object
from glasshouse.watch.parse_envelope import Inner
from glasshouse.watch.parse_flat import nested_names

# https://docs.aws.amazon.com/security-lake/latest/userguide/open-cybersecurity-schema-framework.html
TITLE = "Parquet"
FORMATS = (
    "OCSF as in Amazon Security Lake (nested), or flattened with dots or underscores",
    "ECS, nested or flattened with dots or underscores",
    "rows of any other format that is read as JSON: Zeek, Suricata, Defender, Sentinel tables",
)
CUT = "parquet"
SPELLINGS = ("json",)
NEEDLES: tuple[bytes, ...] = ()
HEADER = False


def detect(head: bytes) -> int:
    """98 for the sign that every Parquet file begins with."""
    return 98 if head.startswith(b"PAR1") else 0


def unwrap(record: bytes, layout: Layout) -> Iterator[Inner]:
    """One row without its empty columns."""
    if record.startswith(b"PAR1"):
        return
    fields = {name: value for name, value in json_object(record).items() if value is not None}
    yield Inner(orjson.dumps(nested_names(fields)))
