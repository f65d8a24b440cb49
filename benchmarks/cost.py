"""A file for the output and a command in; what the run took out, as JSON: CPU and wall seconds, peak MiB.

A process of its own and with few imports, because the peak of a child begins with the memory of its parent.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main(out: str, command: list[str]) -> None:
    """Run the command to its end; the figures count the children that it waited for, too."""
    sink = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    start = time.perf_counter()
    streams = [(os.POSIX_SPAWN_DUP2, sink, 1), (os.POSIX_SPAWN_DUP2, sink, 2)]
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=streams)
    _pid, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - start
    cpu = used.ru_utime + used.ru_stime
    print(json.dumps([os.waitstatus_to_exitcode(status), cpu, wall, used.ru_maxrss / 1024]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
