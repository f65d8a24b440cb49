"""A stage in, OCSP, revocation lists and what browsers fetch about CT out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import VALIDATION

TITLE = "certificates are validated, and browsers refresh their CT lists"
LABEL = "lookalike"
WHY = "Validation is no search in a certificate database."
CLIENT = ""
SEATS = ("direct", "proxy", "inspect", "winserver")
COUNT = 4
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Plain HTTP to responders, and a list by TLS."""
    program, agent = stage.browser()
    for _ in range(15):
        host = stage.rng.choice(VALIDATION)
        with stage.session(program, host, "Microsoft-CryptoAPI/10.0", scheme="http") as line:
            line.get("/MFEwTzBNMEswSTAJBgUrDgMC", into=1_900)
        stage.wait(5, 300)
    stage.visit(program, "www.gstatic.com", "/certificate_transparency/crl-set", agent, into=80_000)
    stage.visit(program, "acme-v02.api.letsencrypt.org", "/directory", "certbot/5.1.0", into=2_000)
