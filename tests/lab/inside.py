"""A folder with plan.json in; its jobs, run in a network of their own, and the servers' logs of each out.

Started as ``unshare --net --mount python -m lab.inside FOLDER``: nothing here can reach another machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from lab import endpoint, servers, standins

LIMIT = 60.0  # seconds for one job
QUIET = 0.15  # seconds in which no log grows before a job counts as written


@dataclass(frozen=True)
class Lab:
    """What runs, for the jobs to use."""

    folder: Path
    logs: dict[str, Path]
    seen: list[standins.Seen]
    doors: Path


def main(folder: Path) -> None:
    plan = json.loads((folder / "plan.json").read_text())
    own_network(folder)
    with ExitStack() as stack:
        lab = start(folder, plan, stack)
        results = [run(lab, job) for job in plan["jobs"]]
    (folder / "results.json").write_text(json.dumps(results))


def own_network(folder: Path) -> None:
    """Loopback up, a documentation network on it, and our resolver as this machine's."""
    for words in ("link set lo up", f"address add {servers.CLIENT}/24 dev lo"):
        subprocess.run([str(servers.find("ip")), *words.split()], check=True)
    said = subprocess.run([str(servers.find("ip")), "-j", "address"], check=True, capture_output=True)
    (folder / "devices.json").write_bytes(said.stdout)
    resolv = folder / "resolv.conf"
    resolv.write_text(f"nameserver {servers.RESOLVER}\noptions timeout:2 attempts:1\n")
    subprocess.run(["mount", "--bind", str(resolv), "/etc/resolv.conf"], check=True)


def start(folder: Path, plan: dict, stack: ExitStack) -> Lab:
    seen: list[standins.Seen] = []
    homes = {name: folder / name for name in ("unbound", "bind", "squid", "bump", "doors", "home", "sql")}
    for home in homes.values():
        home.mkdir()
    authority = standins.Authority(folder)
    for server in standins.start(servers.STANDIN, authority, seen):
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
    stack.enter_context(servers.unbound(homes["unbound"]))
    stack.enter_context(servers.bind(homes["bind"]))
    stack.enter_context(servers.squid(homes["squid"]))
    stack.enter_context(servers.crtsh_by_sql(homes["sql"]))
    logs = {
        "unbound": homes["unbound"] / "queries.log",
        "bind": homes["bind"] / "queries.log",
        "squid": homes["squid"] / "access.log",
    }
    if servers.inspecting_squid():
        stack.enter_context(servers.squid(homes["bump"], folder / "ca-and-key.pem"))
        logs["bump"] = homes["bump"] / "access.log"
    for name, program in plan["real"].items():
        _door(homes["doors"] / name, endpoint.real_door(Path(program)))
    for name in plan["played"]:
        _door(homes["doors"] / name, endpoint.played_door(name))
    return Lab(folder, logs, seen, homes["doors"])


def _door(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def run(lab: Lab, job: dict) -> dict:
    """One job: its command, then the part that each log grew by, in a folder of its own."""
    out = lab.folder / "out" / job["mode"] / job["id"]
    out.mkdir(parents=True)
    before = {name: path.stat().st_size if path.exists() else 0 for name, path in lab.logs.items()}
    seen_before, began = len(lab.seen), time.time()
    with (out / "stdout").open("wb") as said:
        process = subprocess.Popen(
            [*job["shell"], job["command"]], stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            env=environment(lab, job["mode"], out), cwd=out, start_new_session=True,
        )  # fmt: skip
        try:
            code = process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            code = process.wait()
    settle(lab.logs.values())
    for name, path in lab.logs.items():
        with path.open("rb") as log:
            log.seek(before[name])
            (out / f"{name}.log").write_bytes(log.read())
    found = endpoint.starts(out / "starts")
    (out / "audit.log").write_text(endpoint.auditd(found))
    seen = lab.seen[seen_before:] if job["mode"] == "direct" else []  # else the proxy made the connections
    (out / "sysmon.xml").write_text(endpoint.sysmon(found, seen))
    cleaned = subprocess.run(
        [*job["shell"], job["cleanup"] or "true"], env=environment(lab, job["mode"], out), cwd=out,
        check=False, capture_output=True, timeout=LIMIT,
    )  # fmt: skip
    return {"id": job["id"], "mode": job["mode"], "code": code, "cleanup": cleaned.returncode, "began": began}


def settle(paths) -> None:
    """Wait until no log has grown for a moment; a second or two at most."""
    last, end = None, time.monotonic() + 3
    while time.monotonic() < end:
        now = [path.stat().st_size if path.exists() else 0 for path in paths]
        if now == last:
            return
        last = now
        time.sleep(QUIET)


def environment(lab: Lab, mode: str, out: Path) -> dict[str, str]:
    ca, wget = str(lab.folder / "ca.pem"), lab.folder / "wgetrc"
    wget.write_text(f"ca_certificate = {ca}\n")
    said = {
        "PATH": f"{lab.doors}:/usr/bin:/bin", "HOME": str(lab.folder / "home"), "LANG": "C.UTF-8",
        "TMPDIR": str(out), "TEMP": str(out), "LAB_STARTS": str(out / "starts"), "SSL_CERT_FILE": ca,
        "CURL_CA_BUNDLE": ca, "REQUESTS_CA_BUNDLE": ca, "WGETRC": str(wget), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    proxy = {"tunnel": servers.PROXY, "inspected": servers.INSPECTING_PROXY}.get(mode)
    if proxy:
        url = f"http://{endpoint.USER}:NOTAREALPASSWORD@{proxy}:3128"
        said |= {"https_proxy": url, "HTTPS_PROXY": url, "http_proxy": url}
    return said


if __name__ == "__main__":
    main(Path(sys.argv[1]))
