"""A notice in, a text for chat services out; apprise (the extra ``notify``) brings it there.

Apprise can also run programs, write files and show windows; only services of the list below are let through.
Names and addresses from logs are written so that no chat program links, previews or mentions them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from glasshouse.errors import ConfigError
from glasshouse.report import notice_options as options_of
from glasshouse.report.notice import Chat, Notice, text_lines
from glasshouse.safe import safe

TITLE = "Chat (Slack, Teams, Matrix, Mattermost …) through apprise"
OPTIONS: Mapping[str, str] = {
    "urls": "addresses as apprise writes them, parted by spaces, as ${env:NAME} or ${file:PATH}",
}
SECRETS = ("urls",)
SCHEMES = frozenset(
    (
        *("slack", "workflow", "workflows", "discord", "gchat", "wxteams", "webex", "zulip"),
        *("mmost", "mmosts", "rocket", "rockets", "matrix", "matrixs", "tgram", "signal", "signals"),
        *("ntfy", "ntfys", "gotify", "gotifys", "pover", "pagerduty", "opsgenie", "lark", "feishu"),
    )
)
TITLE_LENGTH, BODY_LENGTH = 200, 3_000
_WHERE = "notify chat"
_URL = re.compile(r"([a-z][a-z0-9]{1,15})://[!-~]+")
_DOT = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_])")  # before a letter: names, not addresses or numbers
_MENTION = re.compile(r"[@#](?=\w)")


def message(notice: Notice, options: Mapping[str, str]) -> Chat:
    """The text of a notice and where it goes."""
    urls = tuple(dict.fromkeys(options_of.required(options, "urls", _WHERE).split()))
    for url in urls:
        found = _URL.fullmatch(url)
        if found is None or "," in url:
            raise ConfigError("urls holds no address of apprise", _WHERE, "slack://…, parted by spaces")
        if found[1] not in SCHEMES:
            known = ", ".join(sorted(SCHEMES))
            raise ConfigError(f"{found[1]}:// is not let through", _WHERE, f"one of: {known}")
    title, *lines = text_lines(notice)
    body = "\n".join(tame(line) for line in lines)[:BODY_LENGTH]
    link = f"\n{safe(notice.link)}" if notice.link.startswith("https://") else ""
    return Chat(urls=urls, title=tame(title)[:TITLE_LENGTH], body=body + link, level=notice.level)


def tame(said: str) -> str:
    """A text that no chat program takes for a link, a mention, a picture or markup."""
    plain = _MENTION.sub(lambda found: {"@": "(at)", "#": "(#)"}[found[0]], safe(said))
    plain = _DOT.sub("[.]", plain.replace("://", "[:]//").replace("](", "] ("))
    return plain.translate({ord("<"): "‹", ord(">"): "›", ord("`"): "'", ord("*"): "∗", ord("~"): "∼"})
