"""Nothing comes in, what must be decided about each planted act out: by which row of the table, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass

TITLES = {
    "contain": "contain",
    "escalate-t2": "escalate to T2",
    "l1-review": "L1 review",
    "watch": "watch",
    "close-benign": "close as benign",
    "close-authorised": "close as authorised",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The decision that is right for an act, and what of our knowledge it rests on."""

    decision: str
    row: str
    about_us: str
    allowed: str  # what the use register says: yes, partly, outside, no
    because: str
    entry: str | None = None  # of the use register
    change: str | None = None  # change record that names the actor
    ours: int = 0  # how many of our names and addresses were asked about, as far as logs show

    def plain(self) -> dict[str, object]:
        return asdict(self)


EXPECTED = {
    "subfinder": Expected(
        decision="contain", row="contain-disabled-account", about_us="all", ours=1, allowed="no",
        because="the account's owner left on Friday, and a sharing group warns of this very tool",
    ),
    "crtsh-curl-loop": Expected(
        decision="escalate-t2", row="escalate-targeted-volume", about_us="all", ours=60, allowed="no",
        change="CHG-3315",
        because="sixty of our names, no entry in the register, and the change that was asked for was refused",
    ),
    "bbot-guest": Expected(
        decision="escalate-t2", row="escalate-recon-unseen-target", about_us="unknown", allowed="no",
        because="a known way of reconnaissance by a machine that nobody manages",
    ),
    "bulk-whois": Expected(
        decision="l1-review", row="review-outside-entry", about_us="some", allowed="outside",
        entry="DOMAIN-CHECK", change="CHG-3301",
        because="the weekly check is allowed for our own domains; a third of the names is not ours",
    ),
    "service-account": Expected(
        decision="l1-review", row="review-approved-change", about_us="all", allowed="partly",
        entry="EXPOSURE-REPORT", change="CHG-3308",
        because="the report is approved, but one of its two databases is not in the register",
    ),
    "shared-key": Expected(
        decision="l1-review", row="review-shared-key", about_us="all", allowed="yes", entry="VULN-SHODAN",
        because="both may ask, each with a key of their own; here two people use one",
    ),
    "harvester-jump-host": Expected(
        decision="watch", row="watch-authorised", about_us="unknown", allowed="yes", entry="RED-TEAM-MARCH",
        because="announced, but no log names the account that sat at the jump host",
    ),
    "news-reader": Expected(
        decision="watch", row="watch-unseen-target", about_us="unknown", allowed="no",
        because="a person, as on other days; no log shows about whom",
    ),
    "supplier-check": Expected(
        decision="close-benign", row="close-benign-usual", about_us="none", allowed="no",
        because="a buyer, two pages about a supplier, as on other days; everything was seen",
    ),
    "customer-check": Expected(
        decision="close-benign", row="close-benign-browsing", about_us="none", allowed="no",
        because="three pages about a customer in a browser, for the first time; everything was seen",
    ),
    "amass-rdap": Expected(
        decision="close-authorised", row="close-exercise", about_us="all", allowed="yes",
        entry="RED-TEAM-MARCH", because="the red team's own desk, inside the announced week",
    ),
    "shodan-library": Expected(
        decision="close-authorised", row="close-authorised", about_us="unknown", allowed="yes",
        entry="THREAT-INTELLIGENCE", because="an analyst's daily work",
    ),
    "bulk-download": Expected(
        decision="close-authorised", row="close-authorised", about_us="unknown", allowed="yes",
        entry="SCAN-PLATFORM", because="the vulnerability platform loads its feed",
    ),
    "slow-poll": Expected(
        decision="close-authorised", row="close-authorised", about_us="unknown", allowed="yes",
        entry="CERT-WATCH", because="the watcher for new certificates of ours",
    ),
}  # fmt: skip
