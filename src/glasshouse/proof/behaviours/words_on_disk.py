"""A stage in, programs whose arguments are named after tools out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "files and searches named after tools"
LABEL = "lookalike"
WHY = "A tool's name in another program's arguments is no run of it."
CLIENT = ""
SEATS = ("direct", "proxy", "inspect", "server")
COUNT = 4
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """An editor, a search, a copy, an installed package's folder listed."""
    if stage.linux:
        words = (
            ("/usr/bin/grep", "grep -r shodan notes.txt"),
            ("/usr/bin/less", "less subfinder-report.txt"),
            ("/usr/bin/ls", "ls /opt/amass"),
            ("/usr/bin/cp", "cp crt.sh.txt backup/"),
        )
    else:
        words = (
            (r"C:\Windows\System32\notepad.exe", "notepad.exe shodan-notes.txt"),
            (r"C:\Windows\System32\findstr.exe", 'findstr /s /i "amass theHarvester" *.md'),
            (r"C:\Windows\System32\xcopy.exe", r"xcopy D:\share\subfinder-report.docx E:"),
            (r"C:\Windows\System32\cmd.exe", r"cmd.exe /c dir C:\Tools\censys"),
        )
    for image, command in words:
        stage.program(image, command)
        stage.wait(30, 400)
