"""Files of evidence in, the same with a signed manifest of their hashes out; and such files in, checked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from glasshouse.office.audit import canonical
from glasshouse.office.signing import PUBLIC, Signer, is_signed

MANIFEST, SIGNATURE, README = "manifest.json", "manifest.sig", "README.txt"
OWN = (MANIFEST, SIGNATURE, PUBLIC)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
WHAT = "Glasshouse register of what is public"
Said = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a folder found; ``signed`` by which key, ``said`` in its manifest."""

    problems: tuple[str, ...]
    files: int = 0
    key: str = ""
    said: str = ""

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def sealed(members: Mapping[str, bytes], said: Said, signer: Signer) -> dict[str, bytes]:
    """The files with manifest, signature and public key beside them. Same files and key: same bytes."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(members.items())}
    head = {"what": WHAT, "version": 1, "key": signer.fingerprint, "sha256": sums, **said}
    manifest = canonical(head) + b"\n"
    return {
        **members,
        MANIFEST: manifest,
        SIGNATURE: signer.sign(manifest).encode() + b"\n",
        PUBLIC: signer.public,
    }


def digest(members: Mapping[str, bytes]) -> str:
    """SHA-256 of the manifest: one number that stands for all of it."""
    return hashlib.sha256(members[MANIFEST]).hexdigest()


def check(members: Mapping[str, bytes], public: bytes | None = None) -> Checked:
    """Check files against their manifest, and it against its signature, by ``public`` (PEM) or the key in it.

    Every file that is another, missing or not in the manifest is a problem; nothing raises.
    """
    if missing := [name for name in OWN if name not in members]:
        return Checked((f"not a signed register: without {', '.join(missing)}",))
    key = public or members[PUBLIC]
    manifest, signature = members[MANIFEST], members[SIGNATURE].decode("ascii", "replace").strip()
    if not is_signed(manifest, signature, key):
        return Checked(("the manifest is not signed by this key: it was changed, or another key signed it",))
    said = _said(manifest)
    if said is None:
        return Checked(("the manifest says nothing that can be read",))
    sums = said["sha256"]
    problems = [f"{name} is missing" for name in sums if name not in members]
    problems += [f"{name} is not in the manifest" for name in members if name not in (*OWN, *sums)]
    problems += [
        f"{name} was changed"
        for name, sum_ in sums.items()
        if name in members and hashlib.sha256(members[name]).hexdigest() != sum_
    ]
    if public is not None and members[PUBLIC] != public:
        problems.append(f"{PUBLIC} in it is another key than yours")
    head = ", ".join(
        f"{name} {one}" for name, one in said.items() if name not in ("sha256", "what", "version")
    )
    return Checked(tuple(problems), len(sums), str(said["key"]), head)


def _said(manifest: bytes) -> dict[str, dict[str, str]] | None:
    try:
        said = orjson.loads(manifest)
    except ValueError:
        return None
    sums = said.get("sha256") if isinstance(said, dict) and said.get("what") == WHAT else None
    right = isinstance(sums, dict) and all(isinstance(one, str) for one in sums.values())
    return said if right and "key" in said else None
