"""Text and a path in, a file out: whole or not at all, and never over another file unless told so."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Sequence
from glob import glob
from pathlib import Path

from glasshouse.errors import ReadError, UsageError

STDOUT = "-"


def check_target(path: Path | str | None, *, force: bool = False, inputs: Sequence[str] = ()) -> None:
    """Raise UsageError if ``write`` would refuse this path, or it is an input; worth asking before a run."""
    if path is None or str(path) == STDOUT:
        return
    target = Path(path)
    if target.is_dir():
        raise UsageError("is a folder, not a file", str(target), "name a file inside it")
    for name in inputs if target.exists() else ():
        if any(Path(each).exists() and target.samefile(each) for each in glob(name) or [name]):  # noqa: PTH207
            raise UsageError("is one of the logs to read", str(target), "choose another name")
    if target.is_file() and not force:
        raise UsageError("already exists", str(target), "choose another name, or overwrite it with --force")


def write(text: str, path: Path | str | None = None, *, force: bool = False) -> None:
    """Write ``text`` as UTF-8 to ``path``; to standard output for None and ``-``.

    A file appears under its name only when all of it is on the disk; devices and pipes are written directly.
    Raises UsageError when the file exists and ``force`` is not set, ReadError when the disk refuses.
    """
    if path is None or str(path) == STDOUT:
        _to_stdout(text)
        return
    check_target(path, force=force)
    target = Path(path).resolve()
    content = text.encode("utf-8", "backslashreplace")
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _replace(target, content, force=force)
    except FileExistsError:
        raise UsageError("already exists", str(path), "overwrite it with --force") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReadError(
            f"cannot be written: {reason}", str(path), "check the folder and its space"
        ) from error


def _to_stdout(text: str) -> None:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()


def _replace(target: Path, content: bytes, *, force: bool) -> None:
    draft = target.with_name(f".{secrets.token_hex(8)}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        _publish(draft, target, force=force)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(target.parent)


def _publish(draft: Path, target: Path, *, force: bool) -> None:
    if not force:
        try:
            target.hardlink_to(draft)  # unlike a rename, refuses a file that came into being meanwhile
        except FileExistsError:
            raise
        except OSError:
            pass  # a file system without hard links
        else:
            return
    draft.replace(target)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
