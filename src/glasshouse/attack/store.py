"""Releases in, one file each in the home folder out, and back: the bundles that were imported.

A file is a STIX bundle of the objects as they came, so any STIX tool reads it; MITRE's notice stands
beside it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import orjson

from glasshouse.attack import read
from glasshouse.attack.objects import Release, order
from glasshouse.errors import ReadError

FOLDER = "attack"
_NAMESPACE = "bundle--00000000-0000-5000-8000-{}"


def keep(home: Path, release: Release) -> tuple[Path, bool]:
    """Where it is kept, and whether that is new; the same release with other content replaces the older."""
    folder = home / FOLDER
    path = folder / f"{release.version}.json"
    content = document(release)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_bytes() == content:
            return path, False
        draft = path.with_suffix(".part")
        draft.write_bytes(content)
        draft.replace(path)
        (folder / "NOTICE.txt").write_text(release.notice + "\n", encoding="utf-8")
    except OSError as error:
        what = f"cannot be written: {error.strerror or type(error).__name__}"
        raise ReadError(what, str(path), "check the home folder and its space") from None
    return path, True


def document(release: Release) -> bytes:
    """The release as a STIX bundle, the same bytes for the same objects."""
    digest = hashlib.sha256(b"\n".join(release.objects)).hexdigest()[:12]
    head = {"id": _NAMESPACE.format(digest), "spec_version": release.spec, "type": "bundle"}
    begin = orjson.dumps(head)[:-1] + b',"objects":[\n'
    return begin + b",\n".join(release.objects) + b"\n]}\n"


def releases(home: Path) -> list[Release]:
    """All imported releases, the oldest first; ReadError when a file of ours cannot be read."""
    files = sorted((home / FOLDER).glob("*.json"), key=lambda path: order(path.stem))
    return [read.release(_content(path), str(path), path.stem) for path in files]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"cannot be read: {error.strerror or type(error).__name__}"
        raise ReadError(what, str(path), "import the release again") from None
