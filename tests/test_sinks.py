"""Reports and lookups in, verdicts out: every sink shows all it was given, safely."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import hostile
from glasshouse.errors import ReadError, UsageError
from glasshouse.records import Actor, Report, Tally, Trouble
from glasshouse.report import text
from glasshouse.report.contract import stats_json
from glasshouse.report.row import ALERT_COLUMNS, LOOKUP_COLUMNS
from glasshouse.report.sinks import LookupSink, lookup_sink, names, sink
from glasshouse.report.sinks import html as html_sink
from glasshouse.report.sinks import table as table_sink
from glasshouse.report.sinks.csv import FORMULA_STARTS
from glasshouse.report.terminal import render_for
from glasshouse.report.write import check_target, write
from glasshouse.safe import safe
from sink_samples import BARE_LOOKUP, BLIND, BURST, CARRIER, LOOKUP, QUIET, REPORT

EXAMPLES = Path(__file__).parent / "examples" / "sinks"
PEOPLE = ("table", "markdown", "html")
ANY_TEXT = st.text() | st.sampled_from(hostile.TEXTS)


def shown(name: str, report: Report) -> str:
    return sink(name).render(report)


# -- every sink


def test_sinks_are_found():
    assert set(names()) >= {"csv", "html", "jsonl", "markdown", "ocsf", "table", "stix", "misp"}


@pytest.mark.parametrize("name", names())
def test_sink_keeps_the_contract(name):
    leaf = sink(name)
    assert name == leaf.NAME
    assert leaf.TITLE
    assert leaf.SUFFIX.startswith(".")


@pytest.mark.parametrize("name", names())
def test_sink_makes_its_example(name):
    """When the change is meant: python tests/sink_samples.py writes the examples again."""
    leaf = sink(name)
    folder = EXAMPLES / name
    assert leaf.render(REPORT).encode() == (folder / f"report{leaf.SUFFIX}").read_bytes()
    if isinstance(leaf, LookupSink):
        made = "".join(leaf.lookups([LOOKUP, BARE_LOOKUP])).encode()
        assert made == (folder / f"lookups{leaf.SUFFIX}").read_bytes()


def test_unknown_sink_names_the_nearest():
    with pytest.raises(UsageError, match="tabel") as caught:
        sink("tabel")
    assert "did you mean table?" in str(caught.value)
    with pytest.raises(UsageError, match="use one of"):
        sink("../../etc/passwd")


def test_a_sink_without_lookups_says_which_have_them():
    with pytest.raises(UsageError, match="csv, jsonl, markdown, table"):
        lookup_sink("html")
    assert lookup_sink("csv").lookups([])


@pytest.mark.parametrize("name", names())
def test_hostile_text_never_reaches_the_reader(name):
    leaf = sink(name)
    output = leaf.render(hostile.report())
    if isinstance(leaf, LookupSink):
        output += "".join(leaf.lookups(hostile.lookups()))
    output.encode("utf-8")
    for row in output.replace("\r\n", "\n").split("\n"):
        assert row.isprintable(), ascii(row[:200])


@pytest.mark.parametrize("name", ["csv", "jsonl", "markdown", "table"])
def test_lookups_stream(name):
    """The first line comes out before the second lookup is asked for."""

    def endless():
        while True:
            yield LOOKUP

    lines = lookup_sink(name).lookups(endless())
    pieces = [next(lines) for _ in range(3)]
    assert all(piece.endswith("\n") for piece in pieces)
    assert "shodan" in "".join(pieces)


@pytest.mark.parametrize("name", PEOPLE)
def test_people_see_facts_score_and_blind_spots(name):
    page = shown(name, REPORT).replace("\\", "")
    for word in ("85", "45", "192.0.2.44", "jdoe", "203.0.113.5", "bulk_whois", "truncated record"):
        assert word in page, word
    for sentence in REPORT.blind_spots:
        assert sentence in page
    assert page.index(BURST.summary[:30]) < page.index(CARRIER.summary[:30])


@pytest.mark.parametrize("name", PEOPLE)
def test_nothing_found_and_could_not_look_differ(name):
    assert "No alert" in shown(name, QUIET)
    assert "No record could be looked at" in shown(name, BLIND)
    assert "No record could be looked at" not in shown(name, QUIET)


# -- safe


@pytest.mark.parametrize(
    "character", hostile.BYTES + hostile.FORMAT_CHARACTERS + "\u2028\u2029\udc80\u3164\ufe0f"
)
def test_safe_shows_every_character(character):
    made = safe(f"a{character}b")
    assert made.isprintable()
    assert len(made) > 2, "nothing may vanish"
    if " " <= character <= "~":
        assert made == f"a{character}b"


@pytest.mark.parametrize(
    ("raw", "visible"),
    [
        ("\x1b", "\\x1b"),
        ("\u202e", "\\u202e"),
        ("\n", "\\n"),
        ("\U000e0041", "\\U000e0041"),
        ("\xad", "\\xad"),
    ],
)
def test_safe_uses_visible_forms(raw, visible):
    assert safe(raw) == visible


def test_safe_leaves_ordinary_text_of_any_language():
    for ordinary in ("C:\\Windows\\curl.exe", "münchen.example", "例え.テスト", "Ελλάδα", "naïve – “quote”"):
        assert safe(ordinary) == ordinary


@given(ANY_TEXT)
def test_safe_is_one_line_and_stable(text_in):
    made = safe(text_in)
    assert made.isprintable()
    assert safe(made) == made
    assert len(made) >= len(text_in)


# -- table


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_table_keeps_to_its_width(width):
    for line in table_sink.render(REPORT, width).splitlines():
        assert len(line) <= width


@pytest.mark.parametrize("width", [80, 120])
def test_table_loses_no_word_when_narrow(width):
    flat = " ".join(table_sink.render(REPORT, width).split())
    for word in ("GH-3f9a1c07be42", "hackertarget", "vpn.example.com", "breadth_of_databases"):
        assert word in flat


def test_table_is_plain_unless_colour_is_asked_for():
    assert "\x1b" not in table_sink.render(REPORT)
    assert "\x1b[" in table_sink.render(REPORT, colour=True)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_terminal_gets_colour_and_its_width_unless_no_color(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "66")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in render_for(sink("table"), REPORT, Terminal())
    assert "\x1b" not in render_for(sink("table"), REPORT, io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    plain = render_for(sink("table"), REPORT, Terminal())
    assert "\x1b" not in plain
    assert 60 < max(map(len, plain.splitlines())) <= 66
    assert render_for(sink("jsonl"), REPORT, Terminal()) == shown("jsonl", REPORT)


def test_table_says_how_many_alerts_it_left_out():
    page = table_sink.render(replace(REPORT, alerts=(CARRIER,) * 102))
    assert page.count(CARRIER.id) == table_sink.ALERTS_SHOWN + 1
    assert "and 2 more alerts" in page


def test_table_takes_no_markup_from_data():
    page = table_sink.render(replace(REPORT, alerts=(replace(BURST, summary="[red]x[/red] :smile:"),)))
    assert "[red]x[/red] :smile:" in page


# -- csv


def test_csv_reads_back():
    rows = list(csv.DictReader(io.StringIO(shown("csv", REPORT), newline="")))
    assert [row["id"] for row in rows] == [alert.id for alert in REPORT.alerts]
    assert rows[1]["score"] == "85"
    assert rows[1]["own_targets"] == "example.com; vpn.example.com"
    lines = "".join(lookup_sink("csv").lookups([LOOKUP, BARE_LOOKUP]))
    first, second = csv.DictReader(io.StringIO(lines, newline=""))
    assert (first["user"], first["requests_estimate"], second["database"]) == ("jdoe", "40", "")


@given(ANY_TEXT)
def test_no_csv_cell_is_a_formula(text_in):
    lookup = replace(LOOKUP, file=text_in, name=text_in, actor=Actor(text_in, text_in, text_in, text_in))
    lines = "".join(lookup_sink("csv").lookups([lookup]))
    header, row = csv.reader(io.StringIO(lines, newline=""))
    assert len(header) == len(row) == len(LOOKUP_COLUMNS)
    assert not [cell for cell in row if cell.strip().startswith(FORMULA_STARTS)]


def test_csv_rows_are_as_long_as_their_heads():
    rows = list(csv.reader(io.StringIO(shown("csv", hostile.report()), newline="")))
    assert {len(row) for row in rows} == {len(ALERT_COLUMNS)}
    assert len(rows) == len(hostile.TEXTS) + 1


# -- markdown


def test_markdown_from_data_forms_no_markup():
    source = shown("markdown", hostile.report()) + "".join(lookup_sink("markdown").lookups(hostile.lookups()))
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(source)
    found = set(re.findall(r"<([a-zA-Z0-9]+)", page))
    assert found <= {
        "h1",
        "h2",
        "h3",
        "p",
        "ul",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "strong",
    }, found
    assert not re.search(r"(?i)\w://|www\.|@", source), "nothing a wiki would turn into a link or a mention"


def test_markdown_strong_is_ours_only():
    page = MarkdownIt("commonmark").enable("table").render(shown("markdown", hostile.report()))
    assert set(re.findall(r"<strong>(.*?)</strong>", page)) == {"7", "score"}


def test_markdown_tables_keep_their_columns():
    for line in "".join(lookup_sink("markdown").lookups(hostile.lookups())).splitlines():
        assert len(re.findall(r"(?<!\\)\|", line)) == 9


# -- html


class Page(HTMLParser):
    """Collects tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend(attrs)
        if tag not in {"meta", "br", "rect", "link", "img"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize(
    "report", [REPORT, QUIET, BLIND, hostile.report()], ids=["full", "quiet", "blind", "bad"]
)
def test_html_asks_nobody_and_runs_nothing(report):
    page = Page(html_sink.render(report))
    assert page.open == []
    assert not set(page.tags) & {
        "script",
        "link",
        "img",
        "iframe",
        "form",
        "object",
        "embed",
        "base",
        "image",
    }
    for name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in {"src", "style", "srcset", "action"}
        assert name != "href" or value.startswith("#")
    style = html_sink.render(report).partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_html_has_the_same_tags_whatever_the_text():
    harmless = replace(hostile.report(), alerts=(BURST,) * 3)
    bad = tuple(replace(BURST, summary=x, actor=Actor(x, x, x, x)) for x in hostile.TEXTS[:3])
    assert Page(html_sink.render(replace(harmless, alerts=bad))).tags == Page(html_sink.render(harmless)).tags


def test_html_policy_names_its_style_and_nothing_else():
    page = html_sink.render(REPORT)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page).group(1)
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert set(directives) == {"default-src", "style-src", "base-uri", "form-action"}
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert directives["style-src"] == f"'{html_sink._csp_hash(style)}'"
    assert "unsafe" not in policy


def test_html_hides_no_hostile_text():
    page = "".join(Page(html_sink.render(hostile.report())).texts)
    for bad in hostile.TEXTS:
        assert safe(bad) in page


def test_html_marks_what_is_ours():
    page = html_sink.render(replace(REPORT, alerts=(BURST,)))
    assert len(re.findall('<li class="ours">', page)) == 2
    assert '<li class="ours">' not in html_sink.render(replace(REPORT, alerts=(CARRIER,)))


@given(st.integers(), st.integers(0, 10**13), st.integers(0, 10**13), st.integers(0, 10**13))
def test_html_bars_stay_on_their_strip(first, before, length, after):
    alert = replace(BURST, first_seen=first + before, last_seen=first + before + length)
    start, width = html_sink.bar(alert, first, first + before + length + after)
    assert 0 <= start <= start + width <= html_sink.STRIP
    assert width >= html_sink.SHORTEST_BAR


def test_html_ticks_follow_the_evidence():
    assert html_sink.ticks(BURST) == [0, 105, 211, 421, 632]
    assert html_sink.ticks(replace(BURST, evidence=())) == []


def test_html_says_how_many_more():
    page = html_sink.render(replace(REPORT, alerts=(replace(BURST, targets_total=1234),) * 45))
    assert "and 1,230 more" in page
    assert "and 5 more below" in page


# -- words


@pytest.mark.parametrize(
    ("microseconds", "words"),
    [(0, "under 1 s"), (19_000_000, "19 s"), (7_800_000_000, "2 h 10 min"), (7_200_000_000, "2 h")],
)
def test_lasting(microseconds, words):
    assert text.lasting(microseconds) == words


@pytest.mark.parametrize(
    ("actor", "users", "words"),
    [
        (
            Actor("jdoe", "ws-17", "192.0.2.17", "curl"),
            ("jdoe", "root"),
            "jdoe, root on ws-17 (192.0.2.17), curl",
        ),
        (Actor(ip="192.0.2.17"), (), "192.0.2.17"),
        (Actor(user="jdoe"), (), "jdoe"),
        (Actor(process="curl"), (), "unknown actor, curl"),
        (Actor(), ("a", "b", "c", "d"), "a, b, c and 1 more"),
    ],
)
def test_who(actor, users, words):
    assert text.who(actor, users) == words


@pytest.mark.parametrize(
    ("octets", "words"), [(0, "0 B"), (999, "999 B"), (9_800_000, "9.8 MB"), (10**13, "10 TB")]
)
def test_size(octets, words):
    assert text.size(octets) == words


def test_alerts_are_shown_gravest_first():
    assert [alert.level for alert in text.by_score(REPORT.alerts)] == ["high", "medium", "informational"]


def test_headline_counts_levels():
    assert text.headline(REPORT).startswith("3 alerts (1 high, 1 medium, 1 informational) from 170 lookups")
    assert "nothing can be said" in text.headline(Report(alerts=(), tally=Tally()))


# -- write


def test_write_is_whole_and_leaves_no_draft(tmp_path):
    write("héllo\n", tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_bytes() == "héllo\n".encode()
    assert [item.name for item in tmp_path.iterdir()] == ["out.txt"]


def test_write_refuses_to_overwrite_unless_forced(tmp_path):
    target = tmp_path / "out.txt"
    target.write_text("old")
    with pytest.raises(UsageError, match="already exists"):
        write("new", target)
    with pytest.raises(UsageError):
        check_target(target)
    assert target.read_text() == "old"
    write("new", target, force=True)
    assert target.read_text() == "new"


def test_write_refuses_a_file_that_appears_meanwhile(tmp_path, monkeypatch):
    target = tmp_path / "out.txt"
    monkeypatch.setattr(os, "fsync", lambda _: target.write_text("theirs"))
    with pytest.raises(UsageError, match="already exists"):
        write("ours", target)
    assert target.read_text() == "theirs"
    assert [item.name for item in tmp_path.iterdir()] == ["out.txt"]


def test_a_full_disk_is_a_read_error_and_keeps_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "out.txt"
    target.write_text("old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReadError, match="No space left"):
        write("new", target, force=True)
    assert target.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["out.txt"]


def test_write_names_missing_folders_and_folders(tmp_path):
    with pytest.raises(ReadError, match="cannot be written"):
        write("x", tmp_path / "no" / "out.txt")
    with pytest.raises(UsageError, match="folder"):
        write("x", tmp_path)


def test_write_to_a_device_does_not_replace_it(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write("through\n", pipe)
    assert os.read(reader, 100) == b"through\n"
    os.close(reader)
    assert pipe.is_fifo()


def test_write_follows_a_link_to_its_file(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    write("new", tmp_path / "link.txt", force=True)
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


@pytest.mark.parametrize("path", [None, "-", Path("-")])
def test_dash_is_standard_output(path, capsys):
    write("lone \udc80\n", path)
    assert capsys.readouterr().out == "lone \\udc80\n"


# -- jsonl


def test_jsonl_is_one_alert_a_line():
    lines = shown("jsonl", REPORT).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [alert.id for alert in REPORT.alerts]
    assert shown("jsonl", QUIET) == ""


def test_troubles_beyond_those_kept_are_counted_everywhere():
    kept = [Trouble("a.log", number, "broken") for number in range(1, 1001)]
    report = Report((), Tally(troubles=kept, troubles_dropped=234))
    assert "Troubles while reading (1,234)" in sink("table").render(report)
    assert "and 234 more" in sink("markdown").render(report)
    assert "1,234 troubles" in sink("html").render(report)
    assert stats_json(report.tally)["troubles_total"] == 1234
