"""Nothing comes in, the programs of a Windows desk go out: how often, what runs, whom it talks to."""

from __future__ import annotations

from demo_day.formats import Process

PROGRAM_FILES = r"C:\Program Files"
SYSTEM = r"C:\Windows\System32"
OFFICE = rf"{PROGRAM_FILES}\Microsoft Office\root\Office16"
CHROME = rf"{PROGRAM_FILES}\Google\Chrome\Application\chrome.exe"
EDGE = r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe"
FIREFOX = rf"{PROGRAM_FILES}\Mozilla Firefox\firefox.exe"
PYTHON = rf"{PROGRAM_FILES}\Python312\python.exe"
GIT = rf"{PROGRAM_FILES}\Git\cmd\git.exe"
TEAMS = rf"{PROGRAM_FILES}\WindowsApps\MSTeams\ms-teams.exe"
SVCHOST = rf"{SYSTEM}\svchost.exe"
POWERSHELL = rf"{SYSTEM}\WindowsPowerShell\v1.0\powershell.exe"
CMD = rf"{SYSTEM}\cmd.exe"
CURL = rf"{SYSTEM}\curl.exe"
SERVICES = rf"{SYSTEM}\services.exe"
BROWSER_PART = "--type=utility --utility-sub-type=network.mojom.NetworkService"
SERVICE_LIST = """powershell.exe -NoProfile -Command "& {\r
  Get-Service |\r
    Where-Object Status -eq Running\r
}\""""
LOG_LIST = """powershell.exe -Command "Get-ChildItem 'C:\\Logs' -Filter *.log |
 Sort-Object Length |
 Select-Object -Last 5 | Format-Table ""Name"", Length\""""


def console(image: str, command: str, level: str = "Medium") -> Process:
    """A program started in a console."""
    return Process(image, command, CMD, f'"{CMD}" ', level)


def part(image: str, arguments: str, parent: str = "") -> Process:
    """A program that another one started."""
    return Process(image, f'"{image}" {arguments}', parent or image, parent or image)


def service(name: str, arguments: str) -> Process:
    """A part of Windows."""
    return Process(rf"{SYSTEM}\{name}", rf"{SYSTEM}\{name} {arguments}", SERVICES, SERVICES, "System")


PROGRAMS: tuple[tuple[int, Process, str], ...] = (
    (30, part(CHROME, "--type=renderer --lang=en-GB /prefetch:1"), ""),
    (20, part(EDGE, BROWSER_PART), "www.bing.com"),
    (12, part(FIREFOX, "-contentproc -childID 7 -isForBrowser"), ""),
    (22, service("svchost.exe", "-k netsvcs -p -s BITS"), "fe2cr.update.microsoft.com"),
    (16, part(rf"{OFFICE}\OUTLOOK.EXE", "/restore"), "outlook.office365.com"),
    (12, part(rf"{OFFICE}\EXCEL.EXE", r"C:\Users\Public\budget-2026.xlsx"), "odc.officeapps.live.com"),
    (12, part(rf"{OFFICE}\WINWORD.EXE", r"/n \\file01\team\minutes.docx"), "nexusrules.officeapps.live.com"),
    (10, service("backgroundTaskHost.exe", "-ServerName:App.AppX"), "settings-win.data.microsoft.com"),
    (9, part(TEAMS, "--type=gpu-process"), "teams.microsoft.com"),
    (8, service("conhost.exe", "0xffffffff -ForceV1"), ""),
    (7, service("taskhostw.exe", "Install $(Arg0)"), ""),
    (6, service("RuntimeBroker.exe", "-Embedding"), ""),
    (5, console(CMD, r'cmd.exe /c "\\dc01\netlogon\logon.cmd"'), ""),
    (5, console(rf"{SYSTEM}\notepad.exe", r"notepad.exe C:\Users\Public\todo.txt"), ""),
    (4, console(GIT, "git.exe fetch --prune origin"), "github.com"),
    (4, console(PYTHON, "python.exe -m this"), "www.python.org"),
    (4, console(POWERSHELL, SERVICE_LIST), ""),
    (3, console(CURL, "curl.exe -fsS https://wiki.corp.example.com/health"), "wiki.corp.example.com"),
    (3, console(POWERSHELL, LOG_LIST), ""),
    (
        2,
        console(rf"{SYSTEM}\nslookup.exe", "nslookup intranet.corp.example.com"),
        "intranet.corp.example.com",
    ),
)
