"""A user agent or a program's path in, the kind and name of the client out."""

from __future__ import annotations

import re

from glasshouse.catalogue import Catalogue
from glasshouse.records import Client

# First words of user agents that programs and libraries send by default.
_SCRIPTS = {
    "python-requests": "python-requests", "python-urllib": "python-urllib", "python-httpx": "python-httpx",
    "python": "python", "aiohttp": "aiohttp", "curl": "curl", "libcurl": "curl", "wget": "wget",
    "go-http-client": "Go-http-client", "okhttp": "okhttp", "java": "java", "apache-httpclient": "java",
    "jakarta": "java", "libwww-perl": "perl", "lwp": "perl", "axios": "axios", "node-fetch": "node",
    "undici": "node", "node": "node", "got": "node", "ruby": "ruby", "faraday": "ruby", "php": "php",
    "guzzlehttp": "php", "postmanruntime": "postman", "insomnia": "insomnia", "httpie": "httpie",
    "scrapy": "scrapy", "aria2": "aria2", "reqwest": "reqwest", "ureq": "ureq", "winhttp": "winhttp",
    "powershell": "powershell", "certutil": "certutil", "bits": "bits", "git": "git", "urllib3": "urllib3",
    "restsharp": "dotnet", "fasthttp": "fasthttp", "req": "req", "http.rb": "ruby", "lua-resty-http": "lua",
    "dart": "dart", "rest-client": "ruby", "xh": "xh", "deno": "deno", "bun": "bun",
}  # fmt: skip
_BROWSERS = (
    ("HeadlessChrome/", ""), ("Edg/", "Edge"), ("EdgA/", "Edge"), ("Edge/", "Edge"), ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"), ("Brave/", "Brave"), ("YaBrowser/", "Yandex"), ("SamsungBrowser/", "Samsung"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"),
    ("Version/", "Safari"), ("MSIE ", "Internet Explorer"), ("Trident/", "Internet Explorer"),
)  # fmt: skip
_BROWSER_PROGRAMS = {
    "chrome": "Chrome", "google-chrome": "Chrome", "google-chrome-stable": "Chrome", "chromium": "Chromium",
    "chromium-browser": "Chromium", "firefox": "Firefox", "firefox-esr": "Firefox", "firefox-bin": "Firefox",
    "msedge": "Edge", "microsoft-edge": "Edge", "msedgewebview2": "Edge", "iexplore": "Internet Explorer",
    "opera": "Opera", "brave": "Brave", "vivaldi": "Vivaldi", "safari": "Safari", "xdg-open": "browser",
    "google chrome": "Chrome",
}  # fmt: skip
_SCRIPT_PROGRAMS = {
    "curl", "wget", "wget2", "powershell", "pwsh", "powershell_ise", "wscript", "cscript", "mshta", "node",
    "ruby", "perl", "php", "httpie", "http", "https", "xh", "aria2c", "certutil", "bitsadmin", "dig", "host",
    "nslookup", "drill", "kdig", "nc", "ncat", "netcat", "telnet", "psql", "lynx", "w3m", "bash", "sh", "zsh",
    "dash",
    "deno", "bun", "go", "java", "javaw", "openssl", "socat", "py", "resolve-dnsname", "lua",
}  # fmt: skip
_PYTHON = re.compile(r"pythonw?[\d.]*")
_EXTENSION = re.compile(r"\.(?:exe|com|cmd|bat|ps1|py|pyw|pyc|rb|pl|sh|jar)$")


def program(path: str) -> str:
    """The bare name of a program: no folder, no extension, small letters."""
    return _EXTENSION.sub("", file_name(path))


def file_name(path: str) -> str:
    """The last part of a path of either system, in small letters."""
    return re.split(r"[/\\]", path.strip(" \"'"))[-1].lower()


class Clients:
    """Knows clients by user agent or program."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._agents = [
            (agent.lower(), tool.id) for tool in catalogue.clients.values() for agent in tool.user_agents
        ]
        self.programs: dict[str, str] = {}
        self.prefixes: dict[str, str] = {}
        self.modules: dict[str, str] = {}
        self.images: dict[str, str] = {}
        for tool in catalogue.clients.values():
            for name in tool.processes:
                (self.prefixes if name.endswith("*") else self.programs)[name.rstrip("*")] = tool.id
            self.modules.update((module.lower(), tool.id) for module in tool.modules)
            self.images.update((image, tool.id) for image in tool.images)

    def of(self, user_agent: str | None, process: str | None) -> Client:
        """The client by its user agent, otherwise by its program, otherwise unknown."""
        agent = " ".join((user_agent or "")[:1000].split())
        if agent.strip("-"):
            return self._of_agent(agent)
        return self.of_program(process) if process else Client()

    def _of_agent(self, text: str) -> Client:
        words = text.split()
        low = text.lower()
        for agent, tool in self._agents:
            if low.startswith(agent) or any(word.lower().startswith(agent) for word in words):
                return Client("tool", tool)
        if re.search(r"(?i)\b(?:windows)?powershell/", text):
            return Client("script", "powershell")
        first = re.split(r"[/ ;(]", low, maxsplit=1)[0]
        if first != "mozilla":
            name = _SCRIPTS.get(first) or ("bits" if low.startswith("microsoft bits") else None)
            return Client("script", name) if name else Client("unknown", first[:60] or None)
        return _browser(text)

    def of_program(self, path: str) -> Client:
        """The client by the path of its program."""
        name = program(path)
        if tool := self.tool(path):
            return Client("tool", tool)
        if name in _BROWSER_PROGRAMS:
            return Client("browser", _BROWSER_PROGRAMS[name])
        if _PYTHON.fullmatch(name) or name == "py":
            return Client("script", "python")
        return Client("script", name) if name in _SCRIPT_PROGRAMS else Client()

    def tool(self, path: str) -> str | None:
        """The id of the client tool that a program is, by its name."""
        for name in (file_name(path), program(path)):
            if name in self.programs:
                return self.programs[name]
        return next(
            (tool for prefix, tool in self.prefixes.items() if program(path).startswith(prefix)), None
        )

    def image(self, name: str) -> str | None:
        """The id of the client tool that a container image holds."""
        plain = re.sub(r"@sha256:.*$|:[^:/]*$", "", name.lower())
        first, slash, rest = plain.partition("/")
        if slash and (any(mark in first for mark in ".:") or first == "localhost"):
            plain = rest
        for image, tool in self.images.items():
            if plain == image or (image.endswith("/") and plain.startswith(image)):
                return tool
        return None


def _browser(text: str) -> Client:
    for mark, name in _BROWSERS:
        at = text.find(mark)
        if at < 0 or (name == "Safari" and "Safari/" not in text):
            continue
        major = re.match(r"\d{1,4}", text[at + len(mark) :])
        if not name:
            return Client("script", "HeadlessChrome")
        return Client("browser", f"{name}/{major.group()}" if major else name)
    return Client("unknown", "Mozilla")
