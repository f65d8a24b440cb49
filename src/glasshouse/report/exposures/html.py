"""An Exposure in, one self-contained HTML page out: a first page for those who decide, the proof below it."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from glasshouse.findings import Exposure, Judged
from glasshouse.report import exposed_facts, exposed_picture, exposed_story, exposed_words, text
from glasshouse.safe import safe

TITLE = "HTML: one page to read and to send on"
SUFFIX = ".html"
ALL = True

FINDINGS_SHOWN = 500
CHANGES_SHOWN = 500
CANDIDATES_SHOWN = 200
TROUBLES_SHOWN = 50


def render(exposure: Exposure) -> str:
    """The page: what is revealed, what nobody approved, what to do first; then everything behind it."""
    template, style = _template()
    found = exposed_words.still_open(exposure)
    page = template.render(
        exposure=exposure,
        found=found,
        settled=exposed_words.ranked(one for one in exposure.findings if one.state != "open"),
        steps=exposed_words.steps(found),
        unapproved=exposed_words.unapproved(exposure),
        settled_changes=[one for one in exposure.changes if _settled(one)],
        looks=exposed_words.first_looks(exposure),
        candidates=exposed_words.candidates(exposure),
        blind=exposed_words.blind_lines(exposure.blind),
        columns=exposed_picture.columns(exposure),
        rows=exposed_picture.rows(exposure),
        style=Markup(style),  # noqa: S704 -- our own file, nothing of the exposure is in it
        style_hash=_csp_hash(style),
    )
    return page if page.endswith("\n") else f"{page}\n"


def _settled(one: Judged) -> bool:
    return not one.shift.first_look and one.verdict not in exposed_words.UNAPPROVED


def _csp_hash(style: str) -> str:
    """The hash by which a Content-Security-Policy names one style element (W3C CSP 3, hash-source)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"


def _cleaned(value: object) -> object:
    return safe(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _template() -> tuple[Template, str]:
    """The page's template and its style sheet."""
    loader = PackageLoader("glasshouse.report", "exposures")
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        text=text, words=exposed_words, story=exposed_story, facts=exposed_facts, picture=exposed_picture,
        FINDINGS=FINDINGS_SHOWN, CHANGES=CHANGES_SHOWN, CANDIDATES=CANDIDATES_SHOWN, TROUBLES=TROUBLES_SHOWN,
    )  # fmt: skip
    return environment.get_template("html_page.html"), loader.get_source(environment, "html_style.css")[0]
