"""The laws of the house: a source tree in, one sentence per violation out. test_house.py runs them."""

from __future__ import annotations

import ast
import re

from house import House, Room, imported

WINGS = ("watch", "survey", "know", "triage", "lake", "office", "report", "proof", "attack", "portable")
# A room may use what lies below it. Rooms not named here (catalogue, leaf, config ...) are floor 1.
NOUNS = ("records", "known", "verdicts", "asking", "observed", "findings", "ledger", "acts", "errors", "safe")
FLOORS = {**dict.fromkeys(NOUNS, 0), **dict.fromkeys(WINGS, 2), "cli": 4, "__main__": 5}
FLOW = 3  # flow.py and every flow_*.py
# A contract names toolbox types.
CONTRACT_TYPES = {("contracts", "watch.parse"), ("contracts", "survey.world")}
CONTRACT_TYPES |= {("contracts_proof", "proof.stage"), ("contracts_proof", "portable.pack")}
CONTRACT_TYPES |= {("contracts", "watch.parse_envelope")}
CONTRACT_TYPES |= {("contracts_proof", f"portable.rule_{what}") for what in ("facts", "model")}
TOOLBOXES = {
    "watch.sources": r"records|errors|safe|watch\.parse(_\w+)?",
    "watch.envelopes": r"records|errors|safe|watch\.parse(_\w+)?",
    "report.sinks": r"records|errors|safe|report\.(text|contract|row|paper)(_\w+)?",
    "know.loaders": r"records|known|errors|safe|parse|masterfile|know\.parse_\w+",
    "know.fetch": r"records|known|errors|safe|parse|masterfile|secret|settings|know\.parse_\w+",
    "triage.fields": r"records|known|verdicts|errors|safe|settings|triage\.words",
    "triage.contain": r"records|verdicts|errors|safe|triage\.(words|block)",
    "portable.lint": r"catalogue|errors|safe|portable\.rule_(model|facts|lookalike|whois)",
    "portable.exports": r"errors|safe|portable\.(pack|hosts|sayings|sigma_words|windows|literals)",
    "report.senders": r"records|verdicts|errors|safe|report\.(text|contract|row|notice)(_\w+)?",
    "report.exposures": r"records|known|observed|findings|errors|safe|report\.(text|paper|exposed_\w+)",
    "report.coverages": r"records|ledger|errors|safe"
    r"|report\.(text|paper|ledger_\w+|exposed_(cells|facts|json|markdown))",
    "survey.collectors": r"records|asking|observed|errors|safe|parse|masterfile|survey\.parse_\w+",
    "proof.behaviours": r"records|errors|safe|proof\.(stage|words)",
    "proof.writers": r"records|errors|safe|proof\.(seen|clock|rows|sysmon)",
    "survey.checks": r"records|known|observed|findings|errors|safe|parse"
    r"|survey\.(world|words|lists|lookalike)",
}
NETWORK = re.compile(
    r"(socket|socketserver|ssl|http\.(client|server)|urllib\.request|urllib3|requests|httpx|aiohttp|ftplib|smtplib"
    r"|poplib|imaplib|telnetlib|xmlrpc|asyncio|dns|whoisit|websockets|subprocess|httpcore)(\..*)?"
)
NETWORK_DOORS = {"survey/ask.py", "report/send.py"}
NETWORK_ROOM = "know.fetch"  # servers of our own, named in the settings: a name server, a directory, a feed
BROAD_EXCEPT = {"know/gather.py"} | {
    "watch/read.py",
    "watch/sift.py",
    "watch/recognise.py",
    "survey/ask.py",
    "report/send.py",
    "cli/doctor.py",
}
FILE_DOORS = {
    "watch/unpack.py": "the hinge of the door to logs: plain and compressed files",
    "watch/listing.py": "copies pipes to where logs can be read twice",
    "watch/quarantine.py": "keeps records that cannot be read, where the user said",
    "watch/redact.py": "the key that fingerprints secrets",
    "flow_lint.py": "rules that the user names",
    "flow_score.py": "the truth and the contents of a labelled corpus",
    "watch/identity.py": "the first and last bytes of a log, by which it is known again",
    "watch/detect/load.py": "rule files",
    "lake/store.py": "the lock of the lake",
    "lake/batch.py": "flushes the lake's files to the disk",
    "lake/parquet.py": "drafts of the lake's files",
    "pseudonyms.py": "the keys of pseudonyms, one a quarter",
    "tombstones.py": "what was purged, beside the databases",
    "settings.py": "the settings file",
    "secret.py": "secrets kept in files",
    "know/gather.py": "the files of what we know",
    "survey/saved.py": "saved replies of open databases",
    "survey/lists.py": "shipped lists of facts: suffixes of CDNs, ports, words",
    "triage/playbook.py": "playbooks, shipped and the user's",
    "triage/decide.py": "the decision table",
    "office/signing.py": "the key that signs the audit trail",
    "office/pack.py": "exports of the audit trail",
    "proof/shelf.py": "writes the logs of a corpus",
    "catalogue.py": "catalogue files, shipped and the user's",
    "scenario.py": "scenario files, shipped",
    "report/write.py": "writes what -o names",
    "attack/store.py": "imported releases of ATT&CK",
    "flow_attack.py": "bundles of ATT&CK that the user names",
    "cli/last.py": "remembers what was asked last, for explain",
    "cli/main.py": "the null device, when the reader of our output is gone",
}
OPENERS = {"open", "open_binary", "open_text", "fdopen", "mmap"}
OPENERS |= {"read_text", "read_bytes", "write_text", "write_bytes"}
JUNK = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
DICT_WALLS = {"report/contract.py": "the JSON that leaves the house"}
LOOSE = re.compile(r"\b(dict|Mapping)(\[str, ?(Any|object)\]|$| \||,|\])")
MODULE_LINES, FUNCTION_LINES, CAPTION_WORDS = 300, 40, 5


def arrows_fall(house: House) -> list[str]:
    """Law 1: cli -> flow -> wings -> catalogue, leaf -> records; wings never import each other."""
    return [
        f"{room.path}:{line} imports {target}: arrows fall, and wings do not know each other"
        for room in house.rooms.values()
        for target, line in house.imports(room)
        if room.name != "__init__"
        and (room.name, target) not in CONTRACT_TYPES
        and not _falls(room.top, target)
    ]


def _falls(here: str, target: str) -> bool:
    there = target.partition(".")[0]
    if here in WINGS and there in WINGS:
        return here == there
    return there == "__init__" or _floor(there) <= _floor(here)


def _floor(room: str) -> int:
    return FLOW if room == "flow" or room.startswith("flow_") else FLOORS.get(room, 1)


def leaves_are_narrow(house: House) -> list[str]:
    """Law 1: a leaf imports records, errors, safe and the toolbox of its kind; never another leaf."""
    return [
        f"{room.path}:{line} imports {target}: a leaf here may import {TOOLBOXES[room.folder]} only"
        for room in house.rooms.values()
        if room.folder in TOOLBOXES and not room.is_package
        for target, line in house.imports(room)
        if not re.fullmatch(TOOLBOXES[room.folder], target)
    ]


def rooms_are_small(house: House) -> list[str]:
    """Law 2: modules up to 300 lines, functions up to 40 without their docstring."""
    sizes = [(room.path, len(room.text.splitlines()), MODULE_LINES) for room in house.rooms.values()]
    sizes += [
        (f"{room.path}:{node.lineno} {node.name}", _length(node), FUNCTION_LINES)
        for room in house.rooms.values()
        for node in room.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return [f"{what} has {lines} lines of {most}: split it" for what, lines, most in sizes if lines > most]


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    words = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) is not None else 0
    return node.end_lineno - node.lineno + 1 - words


def no_junk_drawers(house: House) -> list[str]:
    """Law 2: no module is called utils, helpers, common, base or manager."""
    return [
        f"{room.path}: name it after what it knows, not {junk}"
        for room in house.rooms.values()
        for junk in set(re.split(r"[._]", room.name)) & JUNK
    ]


def every_room_has_a_caption(house: House) -> list[str]:
    """Law 3: line 1 of every file says what comes in and what goes out."""
    return [
        f"{room.path}:1 needs a docstring of at least {CAPTION_WORDS} words: what comes in, what goes out"
        for room in house.rooms.values()
        if not room.text.startswith('"""') or len(room.text.split("\n")[0].split()) < CAPTION_WORDS
    ]


def only_doors_reach_outside(house: House) -> list[str]:
    """Law 4: only survey/ask.py and report/send.py import what opens connections or starts programs."""
    return [
        f"{room.path}:{node.lineno} imports {name}: only {', '.join(sorted(NETWORK_DOORS))} may reach outside"
        for room in house.rooms.values()
        if room.path not in NETWORK_DOORS and room.folder != NETWORK_ROOM
        for node in room.nodes
        for name in imported(node, room)
        if NETWORK.fullmatch(name)
    ]


def only_doors_open_files(house: House) -> list[str]:
    """Law 4: only watch/read.py opens logs; the few other doors are listed with their reason."""
    return [
        f"{room.path}:{line} calls {name}(): take bytes in, or list the file in FILE_DOORS with its reason"
        for room in house.rooms.values()
        if room.path not in FILE_DOORS
        for name, line in opened(room)
    ]


def opened(room: Room) -> list[tuple[str, int]]:
    """Calls in a room that open a file: the function's name and the line."""
    calls = [node for node in room.nodes if isinstance(node, ast.Call)]
    names = [(getattr(call.func, "attr", getattr(call.func, "id", "")), call.lineno) for call in calls]
    return [(name, line) for name, line in names if name in OPENERS]


def no_loose_dict_crosses_a_wall(house: House) -> list[str]:
    """Law 5: a function that another room imports speaks records, not dictionaries of anything."""
    return [
        f"{room.path}:{node.lineno} {node.name} passes a loose dict across a wall: {_signature(node)}"
        for room in house.rooms.values()
        if room.path not in DICT_WALLS
        for node in room.tree.body
        if isinstance(node, ast.FunctionDef) and LOOSE.search(_signature(node))
        if node.name in _used_outside(house, room)
    ]


def _used_outside(house: House, room: Room) -> set[str]:
    return {name for top, name in house.used.get(room.name, ()) if top != room.top}


def _signature(node: ast.FunctionDef) -> str:
    hints = [argument.annotation for argument in [*node.args.args, *node.args.kwonlyargs]]
    return "; ".join(ast.unparse(hint) for hint in [*hints, node.returns] if hint)


def every_leaf_has_examples(house: House) -> list[str]:
    """Law 6: no leaf without its example, no example without its leaf; a rule fires and stays quiet."""
    wrong = []
    for kind, leaves in house.leaves().items():
        leaves = {house_name(leaf) for leaf in leaves}
        folder = house.examples / kind
        shown = {house_name(item.name.split(".")[0]) for item in folder.glob("*")}
        wrong += [f"{leaf} has no example in tests/examples/{kind}/" for leaf in sorted(leaves - shown)]
        wrong += [f"tests/examples/{kind}/{name} belongs to no leaf" for name in sorted(shown - leaves)]
    for rule in sorted(house.leaves()["rules"]):
        for half in ("fires", "quiet"):
            if not any((house.examples / "rules" / rule).glob(f"{half}*")):
                wrong.append(
                    f"{rule} has no example that shows it {half}: tests/examples/rules/{rule}/{half}.jsonl"
                )
    return wrong


def house_name(name: str) -> str:
    """The name users type: underscores are dashes."""
    return name.replace("_", "-")


def broad_except_only_at_the_doors(house: House) -> list[str]:
    """Law 7: catching everything is allowed only where it becomes Trouble."""
    return [
        f"{room.path}:{node.lineno} catches everything: only {', '.join(sorted(BROAD_EXCEPT))} may"
        for room in house.rooms.values()
        if room.path not in BROAD_EXCEPT
        for node in room.nodes
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type)
    ]


def _is_broad(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_is_broad(item) for item in caught.elts)
    return caught is None or ast.unparse(caught) in {"Exception", "BaseException"}


LAWS = (
    arrows_fall,
    leaves_are_narrow,
    rooms_are_small,
    no_junk_drawers,
    every_room_has_a_caption,
    only_doors_reach_outside,
    only_doors_open_files,
    no_loose_dict_crosses_a_wall,
    every_leaf_has_examples,
    broad_except_only_at_the_doors,
)
