"""Folders of Sigma files in, one RuleSet in running order out; a bad file is a ConfigError at its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from glasshouse import compiled
from glasshouse.errors import ConfigError
from glasshouse.records import RuleStatus
from glasshouse.watch.detect.plan import MAX_BYTES, Correlation, Filter, Rule, fields_used, renamed
from glasshouse.watch.detect.plan_json import plain, planned
from glasshouse.watch.enrich import FIELDS

SHIPPED = Path(__file__).parent.parent / "rules"
COMPILED = Path(__file__).parent / "plans.json"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules, each after those it refers to; plus what is wrong with filters."""

    rules: tuple[Rule, ...]
    problems: tuple[RuleStatus, ...] = ()

    def get(self, name: str) -> Rule | None:
        """The rule with this name, id or title; None when there is none."""
        wanted = name.lower()
        return next((r for r in self.rules if wanted in (r.key.lower(), r.id, r.title.lower())), None)

    @property
    def firing(self) -> tuple[Rule, ...]:
        """Rules that raise alerts themselves: not those that only feed a correlation."""
        fed = {
            self.get(n) for r in self.rules if r.correlation and not r.generate for n in r.correlation.rules
        }
        return tuple(r for r in self.rules if r not in fed)


def load_rules(extra: Sequence[Path] = (), shipped: bool = True) -> RuleSet:
    """Shipped rules plus those of other files and folders, which add, or override by id or name.

    Raises ConfigError with ``file:line`` for the first file that cannot be used.
    """
    found: list[Rule | Filter] = [*_shipped()] if shipped else []
    for path in extra:
        for file in rule_files(path):
            found.extend(read_file(file))
    return assemble(found)


@cache
def _shipped() -> tuple[Rule | Filter, ...]:
    """The shipped rules, as compiled where the file was not changed since."""
    ready = compiled.read(COMPILED.read_bytes()) if COMPILED.exists() else {}
    found: list[Rule | Filter] = []
    for file in rule_files(SHIPPED):
        rules = compiled.said(ready, file.name, file_bytes(file))
        found.extend(read_file(file) if rules is None else _placed(planned(rules), file))
    return tuple(found)


def _placed(rules: Iterable[Rule], file: Path) -> Iterator[Rule]:
    return (replace(rule, file=str(file)) for rule in rules)


def compile_shipped() -> bytes:
    """The shipped rules as the document that ``load_rules`` reads; for ``scripts/compile``."""
    made: dict[str, tuple[bytes, object]] = {}
    for file in rule_files(SHIPPED):
        rules = [one for one in read_file(file) if isinstance(one, Rule)]
        made[file.name] = file_bytes(file), plain(tuple(replace(rule, file="") for rule in rules))
    return compiled.document(made)


def rule_files(path: Path) -> list[Path]:
    """The rule files at or below a path, sorted; ConfigError when the path is not there."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ConfigError("no such rule file or folder", str(path), "give a .yml file or a folder of them")
    return sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".yaml") and p.is_file())


def read_file(file: Path) -> list[Rule | Filter]:
    """Rules and filters of one file; ConfigError when it cannot be read or is not sound."""
    from glasshouse.watch.detect.parse import parse_all

    return parse_all(file_bytes(file), str(file))


def file_bytes(file: Path) -> bytes:
    """What a rule or example file holds, up to just over the size that is allowed."""
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read the file: {error.strerror}", str(file)) from error


def assemble(found: Iterable[Rule | Filter]) -> RuleSet:
    """Later rules replace earlier ones of the same id or name; filters are applied; order is by reference."""
    rules: dict[str, Rule] = {}
    filters: dict[str, Filter] = {}
    for one in found:
        if isinstance(one, Filter):
            filters[one.key] = one
            continue
        same = [k for k, r in rules.items() if r.key == one.key or (one.id and r.id == one.id)]
        for key in same:
            _refuse_twice(rules.pop(key), one)
        rules[one.key] = one
    problems = [status for one in filters.values() if (status := _apply(one, rules))]
    checked = {key: _check(rule, rules) for key, rule in rules.items()}
    return RuleSet(tuple(_ordered(checked)), tuple(problems))


def _refuse_twice(first: Rule, second: Rule) -> None:
    """A rule may replace a shipped one; two of the user's own with one name are a mistake."""
    again = (first.file, first.line) == (second.file, second.line)
    if not again and not Path(first.file).is_relative_to(SHIPPED):
        said = f"rule {second.key} is already defined in {first.file}:{first.line}"
        raise ConfigError(said, f"{second.file}:{second.line}", "give it a name and an id of its own")


def _find(rules: Mapping[str, Rule], name: str) -> Rule | None:
    if name in rules:
        return rules[name]
    return next((r for r in rules.values() if name.lower() in (r.id, r.title.lower())), None)


def _apply(one: Filter, rules: dict[str, Rule]) -> RuleStatus | None:
    """Narrow the named rules by a filter; a filter that names nothing is a status, never silence."""
    if one.problem:
        return RuleStatus(one.key, *one.problem, where=one.where_file)
    if one.rules is None:
        named: list[Rule | None] = [r for r in rules.values() if r.where is not None]
        missing: list[str] = []
    else:
        named = [_find(rules, name) for name in one.rules]
        missing = [name for name, rule in zip(one.rules, named, strict=True) if rule is None]
    for rule in named:
        if rule is not None and one.where is not None:
            rules[rule.key] = replace(rule, filters=(*rule.filters, one.where))
    if missing:
        return RuleStatus(one.key, "error", f"filter names unknown rule {', '.join(missing)}", one.where_file)
    return None


def _check(rule: Rule, rules: Mapping[str, Rule]) -> Rule:
    """Give the rule its problem, if it has one that needs the other rules to be known."""
    if rule.problem:
        return rule
    aliases = {a for a, _, _ in rule.correlation.aliases} if rule.correlation else set()
    unknown = sorted(fields_used(rule) - FIELDS - aliases)
    if unknown:
        return replace(rule, problem=("unknown field", f"lookups have no field {', '.join(unknown)}"))
    if rule.correlation:
        lost = [name for name in rule.correlation.rules if _find(rules, name) is None]
        if lost:
            return replace(rule, problem=("error", f"refers to unknown rule {', '.join(lost)}"))
        return replace(rule, correlation=_by_key(rule.correlation, rules))
    return rule


def _by_key(plan: Correlation, rules: Mapping[str, Rule]) -> Correlation:
    """The correlation with every referred rule called by its key, however the file called it."""
    key = {name: found.key for name in plan.rules if (found := _find(rules, name))}
    return replace(
        plan,
        rules=tuple(key[name] for name in plan.rules),
        aliases=tuple((alias, key.get(name, name), field) for alias, name, field in plan.aliases),
        shape=renamed(plan.shape, key) if plan.shape else None,
    )


def _ordered(rules: Mapping[str, Rule]) -> list[Rule]:
    done: dict[str, Rule] = {}
    path: set[str] = set()

    def visit(rule: Rule) -> bool:
        """Place a rule after those it refers to; False when it refers to itself in the end."""
        if rule.key in done:
            return done[rule.key].problem is None or done[rule.key].problem != CIRCLE
        if rule.key in path:
            return False
        path.add(rule.key)
        fine = True
        for name in rule.correlation.rules if rule.correlation else ():
            other = _find(rules, name)
            fine = (other is None or visit(other)) and fine
        path.discard(rule.key)
        done.setdefault(rule.key, rule if fine else replace(rule, problem=CIRCLE))
        return fine

    for rule in rules.values():
        visit(rule)
    return list(done.values())


CIRCLE = ("error", "correlations refer to each other in a circle")


def check(path: Path) -> tuple[RuleSet, list[ConfigError]]:
    """Every problem of a folder of user rules; the sound ones stand beside the shipped rules."""
    found: list[Rule | Filter] = [*_shipped()]
    errors: list[ConfigError] = []
    for file in rule_files(path):
        try:
            found.extend(read_file(file))
        except ConfigError as error:
            errors.append(error)
    return assemble(found), errors
