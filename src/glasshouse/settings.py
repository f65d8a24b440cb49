"""A settings file (TOML) and the environment in, checked settings out; every key, its type and its default.

The file is ``glasshouse.toml`` in the home folder unless ``--config`` names another. A variable
``GLASSHOUSE__SECTION__KEY`` goes before the file. A value ``${env:NAME}``, ``${file:PATH}`` or
``${keyring:SERVICE/ACCOUNT}`` is a secret kept elsewhere: it is read when used and never shown.
"""
# ruff: noqa: RUF009 -- _key is dataclasses.field with the help text of the key

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from glasshouse.errors import ConfigError

FILE = "glasshouse.toml"


def _key(default: Any, says: str) -> Any:  # noqa: ANN401 -- as dataclasses.field
    if isinstance(default, dict):
        return field(default_factory=dict, metadata={"says": says})
    return field(default=default, metadata={"says": says})


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One server that is asked what is ours: ``kind`` and the options of that kind."""

    kind: str = _key("", "axfr, ldap or taxii")
    options: dict[str, str] = _key({}, "the options of that kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Know:
    """Where our knowledge stands."""

    paths: tuple[str, ...] = _key(
        (), "files, folders and globs: inventory, people, leases, use register, changes, indicators"
    )
    fetch: tuple[Server, ...] = _key((), "servers that `glasshouse know fetch` asks")
    kept: str = _key("", "folder for their answers; empty: know in the home folder")
    stale_days: int = _key(30, "knowledge that was not refreshed for so long is told to be stale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What the fields of a verdict and the decision compare with."""

    targeted_queries: int = _key(20, "requests about us in one alert from which the volume is significant")
    any_queries: int = _key(200, "requests about anything in one alert from which the volume is significant")
    rise: float = _key(5.0, "how many times the usual daily count is a sudden rise")
    deviations: float = _key(6.0, "and how many median absolute deviations above the median")
    baseline_days: int = _key(7, "days of facts before which nothing is called usual or unusual")
    usual_days: int = _key(3, "days with requests in 30 from which an actor's use is usual")
    overuse: float = _key(10.0, "how many times a register entry's volume is a finding of its own")
    intel_confidence: int = _key(50, "confidence from which an indicator counts for a decision")
    intel_days: int = _key(365, "age in days from which an indicator counts as old")
    change_hours: int = _key(24, "hours around a change window that still count as its time")
    contain_score: int = _key(70, "score from which a compromised or shared identity is contained")
    benign_score: int = _key(39, "score up to which an alert may be closed as benign")
    benign_requests: int = _key(10, "requests up to which an alert may be closed as benign")


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """How identities are shown."""

    pseudonymise: bool = _key(False, "show accounts and machines as keyed tokens, the same for a quarter")
    unmask_hours: int = _key(24, "how long an approved look at one identity lasts")
    protected: tuple[str, ...] = _key((), "groups, departments or roles whose members are never shown")
    officer: str = _key("", "the account of the privacy officer, told of every break-glass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long each kind is kept."""

    lookups_days: int = _key(90, "facts: lookups")
    baselines_days: int = _key(90, "counts per actor and hour")
    cases_days: int = _key(365, "closed cases")
    audit_days: int = _key(1095, "the audit trail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Where decisions are kept."""

    url: str = _key("", "SQLAlchemy URL: postgresql+psycopg://…; empty: decisions.db in the home folder")
    register_days: int = _key(180, "longest time an entry of the use register may be valid")
    audit_required: bool = _key(True, "refuse to decide when the audit trail cannot be written")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way out: ``kind`` and the options of that kind."""

    kind: str = _key("", "webhook, mail, chat or syslog")
    name: str = _key("", "how it is called; its kind, and a number where there are several, otherwise")
    decisions: tuple[str, ...] = _key(("escalate-t2", "contain"), "which decisions are sent")
    options: dict[str, str] = _key({}, "the options of that kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What we want to be public, and what not: exposure checks compare with it."""

    registrars: tuple[str, ...] = _key((), "registrars that may be used, by name or IANA id; empty: any")
    issuers: tuple[str, ...] = _key((), "certificate issuers that may be used; empty: those CAA names")
    name_servers: tuple[str, ...] = _key((), "domains of name servers that may be used; empty: any")
    key_domains: tuple[str, ...] = _key((), "domains that must be locked; empty: those of high criticality")
    behind_cdn: tuple[str, ...] = _key((), "names that must be served through a CDN")
    contact_domains: tuple[str, ...] = _key((), "mail domains that registration contacts may use")
    parked: tuple[str, ...] = _key((), "domains that send and receive no mail")
    telling_words: tuple[str, ...] = _key((), "further words that tell too much in a public name")
    expiry_days: int = _key(45, "days before a domain's or block's end from which it is told")
    life_share: float = _key(0.33, "share of a certificate's life left from which it is told")
    epss: float = _key(0.1, "EPSS score from which a vulnerability counts as likely exploited")
    stale_days: int = _key(30, "days after which what a database shows counts as old")
    wide_names: int = _key(20, "names in one certificate from which it counts as wide")
    burst: int = _key(10, "certificates for one domain in a day from which it is a burst")
    work_hours: str = _key("07:00-19:00", "working hours in UTC; registrations outside them are a sign")
    work_days: tuple[int, ...] = _key((1, 2, 3, 4, 5), "working days, Monday is 1")
    change_hours: int = _key(24, "hours around a change window that still count as its time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """How the open databases are asked about us."""

    collectors: tuple[str, ...] = _key((), "which collectors ask; empty: all that need no key or have one")
    keys: dict[str, str] = _key({}, "keys by collector, as ${env:NAME}, ${file:PATH} or ${keyring:…}")
    resolver: str = _key("", "address of the resolver; empty: that of the system")
    name_servers: dict[str, str] = _key({}, "zone to the address of the name server that gives it away")
    budget: int = _key(2_000, "most requests of one survey")
    hours: int = _key(20, "a subject that was asked about within so many hours is not asked about again")
    slower: float = _key(1.0, "how many times slower than a provider's pace to ask")
    contact: str = _key("", "mail address in the User-Agent, so that providers can reach you")
    endpoints: dict[str, str] = _key({}, "collector to another address: an internal mirror or a test server")
    ca: str = _key("", "file with the certificates of authorities for those addresses")
    policy: Policy = _key(Policy(), "what we want to be public")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set."""

    own: tuple[str, ...] = _key((), "what is ours, as --own takes it, beside the inventory")
    know: Know = _key(Know(), "what we know")
    triage: Thresholds = _key(Thresholds(), "thresholds")
    privacy: Privacy = _key(Privacy(), "privacy")
    retention: Retention = _key(Retention(), "retention")
    office: Office = _key(Office(), "decisions")
    notify: tuple[Channel, ...] = _key((), "who is told")
    survey: Survey = _key(Survey(), "what open databases reveal about us")


def load(home: Path, said: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of a home folder; all defaults when there is no file. Raises ConfigError."""
    file = said or home / FILE
    tree = _tree(file, must=said is not None)
    _override(tree, os.environ if environment is None else environment)
    made: Settings = _made(Settings, tree, "", str(file))
    kept = replace(made.know, kept=made.know.kept or str(home / "know"))
    return replace(made, know=kept)


def origins(
    home: Path, said: Path | None = None, environment: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Where each key that is set was set: ``triage.rise`` by the path of the file, or by a variable."""
    file = said or home / FILE
    found = {key: str(file) for key in _keys(_tree(file, must=said is not None))}
    for name in os.environ if environment is None else environment:
        if name.startswith("GLASSHOUSE__"):
            found[".".join(part.lower() for part in name.split("__")[1:])] = name
    return found


def _keys(tree: Mapping[str, Any], at: str = "") -> Iterator[str]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _keys(value, f"{at}{name}.")
        else:
            yield f"{at}{name}"


def _tree(file: Path, must: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8")) if must or file.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"not TOML: {problem}", str(file), "see docs/reference/settings.md") from None
    except OSError as problem:
        raise ConfigError(problem.strerror or "cannot be read", str(file), "check the path") from None


def _override(tree: dict[str, Any], environment: Mapping[str, str]) -> None:
    for name, text in environment.items():
        if not name.startswith("GLASSHOUSE__"):
            continue
        *path, last = [part.lower() for part in name.split("__")[1:]]
        at = tree
        for part in path:
            at = at.setdefault(part, {})
            if not isinstance(at, dict):
                raise ConfigError(f"{part} has no keys of its own", name)
        at[last] = _toml(text)


def _toml(text: str) -> Any:  # noqa: ANN401 -- whatever TOML can say
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text


def _made(kind: Any, tree: Any, at: str, where: str) -> Any:  # noqa: ANN401 -- one function for every type
    """A value of a type from what TOML gave; ConfigError names the key that is wrong."""
    if is_dataclass(kind):
        return _record(kind, tree, at, where)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _made(next(one for one in inner if one is not type(None)), tree, at, where)
    if origin is tuple:
        if not isinstance(tree, list):
            raise ConfigError(f"{at} is a list, not {tree!r}", where, f"{at} = [{tree!r}]")
        return tuple(_made(inner[0], one, f"{at}[{n}]", where) for n, one in enumerate(tree))
    if origin is dict:
        if not isinstance(tree, dict):
            raise ConfigError(f"{at} is a table, not {tree!r}", where)
        return {str(name): str(value) for name, value in tree.items()}
    right = isinstance(tree, kind) and not (kind in (int, float) and isinstance(tree, bool))
    if kind is float and isinstance(tree, int) and not isinstance(tree, bool):
        return float(tree)
    if not right:
        raise ConfigError(f"{at} is {_words(kind)}, not {tree!r}", where)
    return tree


def _words(kind: type) -> str:
    return {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}[kind]


def _record(kind: Any, tree: Any, at: str, where: str) -> Any:  # noqa: ANN401 -- any dataclass of settings
    if not isinstance(tree, dict):
        raise ConfigError(f"{at or 'the file'} is a table, not {tree!r}", where)
    hints, known = get_type_hints(kind), [one.name for one in fields(kind)]
    if "options" in known and "options" not in tree:  # kind = …, and its options beside it
        tree = {
            **{name: value for name, value in tree.items() if name in known},
            "options": {name: value for name, value in tree.items() if name not in known},
        }
    for name in tree:
        if name not in known:
            raise ConfigError(
                f"no setting named {at + '.' if at else ''}{name}", where, f"one of: {', '.join(known)}"
            )
    said = {
        name: _made(hints[name], value, f"{at}.{name}" if at else name, where) for name, value in tree.items()
    }
    return kind(**said)
