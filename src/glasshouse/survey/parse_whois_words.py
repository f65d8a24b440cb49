"""The words of WHOIS servers: labels by what they mean, and phrases that say throttled or not found."""

from __future__ import annotations

import re


def _set(*said: str) -> frozenset[str]:
    return frozenset(one.strip() for words in said for one in words.split(","))


NAME = _set("domain name, domain, domainname, domain name ace, domain ace, nombre de dominio, dominio")
CREATED_SURELY = _set(
    "creation date, created date, domain created, domain registered, domain creation date, date registered",
    "registration date, registration time, domain registration date, record created, domain record activated",
    "fecha de creacion, fecha de registro, date de creation, registered date, date approved, created on",
    "domain dateregistered, record created on, domain name commencement date, first registration date",
    "registered on, connected date, acivated, activated, activation date, data de registro",
)
CREATED = _set("created, registered, registration, entry created")
CHANGED_SURELY = _set(
    "updated date, update date, last updated on, last updated date, domain last updated, modified date",
    "domain record last updated, record last modified, record last updated, ultima actualizacion",
    "updated on, domain datelastmodified, last modified date, last update date, domain last updated date",
)
CHANGED = _set(
    "changed, updated, modified, last modified, last update, last updated, entry updated, last changed",
    "date modified, last edited on",
)
EXPIRES = _set(
    "registry expiry date, registrar registration expiration date, expiration date, expiry date, expires on",
    "expires, expire, expire date, expired, expiry, domain expires, domain expiration date",
    "domain currently expires",
    "record expired, record expires on, record will expire on, paid till, renewal date, renewal",
    "expiration time",
    "fecha de vencimiento, fecha de expiracion, vencimiento, date renewal, domain datebilleduntil",
    "valid until",
    "registration expiration date, registrar expiration date, expiration, exp date, validity",
    "domain expiry date",
    "expires at, renewal due, date d expiration, registration expires",
)
SERVERS = _set(
    "name server, nameserver, nserver, name servers, nameservers, primary server, secondary server, dns",
    "host name, ns hostname, ns name, name server ace, domain nameservers, dns servers, dns server, ns",
    "primary nameserver, secondary nameserver, name server hostname, domain servers, nameserver name",
    "primary name server, secondary name server, servidor dns, hostname",
)
SERVER_SECTIONS = SERVERS | _set(
    "domain servers in listed order, domain name servers listed in order, nameserver in listed order",
    "servidores de nombre domain servers, current nameservers, dns servers, nservers, nameservers in order",
    "domain name servers, name servers in listed order, name server information, nameserver information",
    "servidor es de nombres de dominio, servers, listed name servers, domain nserver",
    "dns servers in listed order, domain servers",
)
STATUS = _set(
    "domain status, status, state, estatus del dominio, registration status, query status, epp status",
    "estado, flags, domain state",
)
REGISTRAR = _set(
    "registrar, sponsoring registrar, registrar name, registrar organization",
    "sponsoring registrar organization, current registar",
    "sponsoring registrar name, registrar company name, authorized agency, current registrar, registrar org",
    "registration service provider, domain sponsoring registrar, created by registrar",
)
REGISTRAR_ID = _set("registrar iana id, sponsoring registrar iana id, iana id")
HANDLE = _set("registry domain id, domain id, roid")
SIGNED = _set("dnssec, dnssec signed, ds status, signed, signing key, dnssec status")
REFERRAL = _set("registrar whois server, whois server, referralserver, referral server")

ROLES = {
    **dict.fromkeys(("registrant", "owner", "holder", "registrant contact", "domain holder"), "registrant"),
    **dict.fromkeys(("domain registrant", "registrant contact information", "licensee"), "registrant"),
    **dict.fromkeys(("admin", "administrative", "administrative contact", "admin contact"), "administrative"),
    **dict.fromkeys(("administrative contacts", "admin contacts"), "administrative"),
    **dict.fromkeys(("administrative contact s", "admin c", "contacto administrativo"), "administrative"),
    **dict.fromkeys(
        ("tech", "technical", "technical contact", "tech contact", "technical contacts"), "technical"
    ),
    **dict.fromkeys(("tech c", "technical contact s", "contacto tecnico", "zone contact"), "technical"),
    **dict.fromkeys(("billing", "billing contact", "contacto de cobranza"), "billing"),
    **{"adm": "administrative", "tec": "technical"},
    **dict.fromkeys(("registrar abuse contact", "abuse", "abuse contact", "orgabuse"), "abuse"),
}
CONTACT_SECTIONS = frozenset(ROLES)
FIELDS = {
    **dict.fromkeys(("name", "contact name", "person", "full name", "role"), "name"),
    **dict.fromkeys(("organization", "organisation", "org", "company", "organization name"), "organisation"),
    **dict.fromkeys(("company name", "organisation name", "org name"), "organisation"),
    **dict.fromkeys(("email", "e mail", "mail", "e mailbox", "email address", "e mail address"), "email"),
    **dict.fromkeys(("phone", "tel", "voice", "phone number", "telephone", "telephone number"), "phone"),
    **dict.fromkeys(("country", "country code", "country economy"), "country"),
    **dict.fromkeys(
        ("street", "address", "city", "state province", "state", "postal code", "zipcode"), "address"
    ),
}

THROTTLED = re.compile(
    r"(limit|quota)\b[^\n]{0,60}\b(exceeded|reached)|(exceeded|reached)[^\n]{0,40}\b(limit|quota)|"
    r"too many (requests|queries|connections)|excessive querying,|request denied|"
    r"maximum quer[^\n]{0,30}reached|"
    r"only \d+ requests? per (second|minute)|please (slow down|go away)|still in grace period|"
    r"address (is |has been )?blocked|rate[- ]limit|you have been (blocked|banned)|blacklisted|"
    r"(access|connection|permission|request|query) (has been |is |was )?(denied|refused|blocked|restricted)|"
    r"acceso denegado|has been (temporarily )?(blocked|suspended)|temporarily (blocked|restricted)|"
    r"being rate limited|throttl",
    re.IGNORECASE,
)
UNAVAILABLE = re.compile(
    r"(service|server|system|database|whois)[^\n]{0,40}(temporarily |currently |not |un)available|"
    r"in maintenance|under maintenance|maintenance in progress|temporary failure|internal (server )?error|"
    r"unable to (process|connect)|server (is )?(busy|too busy)|currently down|try again|"
    r"can ?not (process|connect)",
    re.IGNORECASE,
)
INVALID = re.compile(
    r"\binvalid (input|characters?|quer|domain|request|pattern|syntax)|not a valid|only accepts|solo acepta|"
    r"does not have any records for that zone|malformed|name is not allowed|cannot be registered because|"
    r"contravenes|no valid (top|domain)|ERROR: ?5500000001|is not allowed|request is not valid",
    re.IGNORECASE,
)
NOT_FOUND = re.compile(
    r"\bno (match|entries|entry|records?|data|objects?|domain|information|results?|such|found)\b|"
    r"\bno matching|\bnothing found|not (be )?found|not[ -]?_?found|not regist(e)?red|not exist|no existe|"
    r"\bis (available|free)\b|^available\b|does not have any data|not have an entry|returned 0 objects|"
    r"no_se_encontro|domain name not known|not been registered|no se encuentra|"
    r"available for (registration|purchase)|"
    r"has no (record|match)|not in (the |our )?database|status: (free|available)",
    re.IGNORECASE,
)
FREE = re.compile(
    r"(\d{3} )?(free|available|no object found|not registered|unassigned|not found|nothing found)\b",
    re.IGNORECASE,
)
NOT_OURS = re.compile(r"(\d{3} )?(invalid|not allowed|unassignable)\b", re.IGNORECASE)

_EPP = (
    "ok inactive linked addPeriod autoRenewPeriod renewPeriod transferPeriod redemptionPeriod pendingRestore "
    "pendingCreate pendingDelete pendingRenew pendingTransfer pendingUpdate clientHold serverHold "
    "clientDeleteProhibited clientRenewProhibited clientTransferProhibited clientUpdateProhibited "
    "serverDeleteProhibited serverRenewProhibited serverTransferProhibited serverUpdateProhibited"
)
EPP = {one.lower(): one for one in _EPP.split()}
EPP |= {
    "serverxferprohibited": "serverTransferProhibited",
    "clientxferprohibited": "clientTransferProhibited",
}
