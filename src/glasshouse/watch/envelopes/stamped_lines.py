"""Lines with a time (and a stream) put before them in, the lines as they were written out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_envelope import Inner, lines_that, when

# https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html
TITLE = "Lines stamped by a container runtime or by CloudWatch"
FORMATS = (
    "Kubernetes (CRI): time, stdout or stderr, F or P, line",
    "CloudWatch Logs export to S3: time, line",
    "docker logs -t, kubectl logs --timestamps",
)
CUT = "lines"
SPELLINGS: tuple[str, ...] = ()
NEEDLES: tuple[bytes, ...] = ()
HEADER = True

_STAMP = re.compile(
    rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) (?:(stdout|stderr) [FP](?::\S*)? )?"
)
_CRI = re.compile(_STAMP.pattern.replace(rb"(?:(stdout|stderr) [FP](?::\S*)? )?", rb"(stdout|stderr) [FP] "))


def detect(head: bytes) -> int:
    """93 for lines of a container runtime, 50 for lines that begin with a time with zone."""
    if lines_that(_CRI, head) >= 0.5:
        return 93
    return 50 if lines_that(_STAMP, head) >= 0.5 else 0


def unwrap(record: bytes, layout: Layout) -> Iterator[Inner]:
    """The line behind the stamp."""
    line = record.rstrip(b"\r\n")
    match = _STAMP.match(line)
    if match is None:
        if line.strip():
            yield Inner(line)
        return
    moment, doubt = when(match[1].decode("ascii"), layout)
    if line[match.end() :].strip():
        yield Inner(line[match.end() :], "", moment, doubt)
