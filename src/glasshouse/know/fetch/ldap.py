"""An LDAP directory or Active Directory in, people and machines out; read only, page by page.

Needs nothing but search rights. The connection is TLS, verified: ``ldaps://``, or ``ldap://`` with StartTLS
(RFC 4511, section 4.14). Nothing that was read is put into a filter; referrals are not followed.
"""

from __future__ import annotations

import ssl
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from glasshouse import parse
from glasshouse.errors import ReadError
from glasshouse.know import parse_directory
from glasshouse.know.parse_directory import ATTRIBUTES, PRIVILEGED, Entry, Groups
from glasshouse.known import Fact
from glasshouse.records import Trouble
from glasshouse.secret import secret

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # ldap3 2.9 uses names pyasn1 has replaced
    import ldap3  # type: ignore[import-untyped]
    from ldap3.core import exceptions, results  # type: ignore[import-untyped]

TITLE = "LDAP directory or Active Directory"
GIVES = ("people", "machines")
OPTIONS = {
    "url": "ldaps://dc.example.com or ldap://dc.example.com:389, which is then encrypted by StartTLS",
    "base": "below which entry is searched: dc=example,dc=com",
    "user": "the name to log in with: a DN, or user@example.com in Active Directory; empty: anonymous",
    "password": "its password: ${env:NAME} or ${file:PATH}",
    "starttls": "no: send everything unencrypted over ldap:// (yes)",
    "ca": "file with the certificate authority of the server (the system's)",
    "privileged-groups": "groups whose members are privileged, by name or DN, parted by semicolons",
    "service-bases": "entries below which all accounts are service accounts, parted by semicolons",
    "people": "filter for accounts; empty: none",
    "machines": "filter for machines; empty: none",
    "groups": "filter for groups; empty: none",
    "timeout": "seconds to wait for one answer (30)",
    "limit": "most entries of one search (1000000)",
}
SECRETS = ("password",)
FILTERS = {
    "groups": "(|(objectClass=group)(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)"
    "(objectClass=posixGroup))",
    "people": "(|(&(objectCategory=person)(objectClass=user))(objectClass=posixAccount)"
    "(objectClass=inetOrgPerson)(objectClass=msDS-ManagedServiceAccount)"
    "(objectClass=msDS-GroupManagedServiceAccount))",
    "machines": "(|(objectClass=computer)(objectClass=ipHost))",
}
PAGE = 500
LONGEST = 1800  # seconds of one search
_PARTLY = {
    results.RESULT_SIZE_LIMIT_EXCEEDED: "the server gives no more entries",
    results.RESULT_TIME_LIMIT_EXCEEDED: "the server's time for a search is over",
    results.RESULT_ADMIN_LIMIT_EXCEEDED: "the server's limit is reached",
}


def fetch(options: Mapping[str, str]) -> Iterator[Fact | Trouble]:
    """Groups first, then accounts, then machines; a search that is cut short is a Trouble."""
    where = _where(options)
    connection = _connect(options, where)
    try:
        yield from _facts(connection, options, where)
    except exceptions.LDAPInvalidFilterError:
        raise ReadError("a filter is not valid", where, "write it as (objectClass=person)") from None
    except exceptions.LDAPExceptionError as problem:
        raise ReadError(_reason(problem), where, "is the server up? raise timeout") from None
    finally:
        _close(connection)


def _facts(connection: ldap3.Connection, options: Mapping[str, str], where: str) -> Iterator[Fact | Trouble]:
    groups = Groups(complete=bool(_filter(options, "groups")))
    accounts: dict[str, str] = {}
    privileged = parse_directory.keys(_list(options, "privileged-groups") or PRIVILEGED)
    services = _list(options, "service-bases")
    nameless = 0
    for entry in _search(connection, options, "groups", where):
        if isinstance(entry, Trouble):
            groups.complete = False  # who is in no group read may be in one that was not
            yield entry
        else:
            groups.add(entry)
    for entry in _search(connection, options, "people", where):
        if isinstance(entry, Trouble):
            yield entry
            continue
        found = list(parse_directory.people(entry, groups, privileged, services, f"{where} {entry.dn}"))
        nameless += not found
        named = parse_directory.account_of(entry)
        if named:
            accounts[named[0]] = named[1]
        yield from found
    for entry in _search(connection, options, "machines", where):
        made = (
            entry
            if isinstance(entry, Trouble)
            else parse_directory.machine(entry, accounts, f"{where} {entry.dn}")
        )
        if made:
            yield made
    if nameless:
        yield parse.trouble(where, None, f"{nameless} entries without an account", "narrow the filter people")


def _search(
    connection: ldap3.Connection, options: Mapping[str, str], kind: str, where: str
) -> Iterator[Entry | Trouble]:
    """The entries of one search, page by page, in the server's order."""
    limit, stop = _number(options, "limit", 1_000_000, where), time.monotonic() + LONGEST
    cookie: bytes | None = None
    count = 0
    if not _filter(options, kind):
        return
    while True:
        connection.search(
            options.get("base", ""),
            _filter(options, kind),
            dereference_aliases=ldap3.DEREF_NEVER,
            attributes=list(ATTRIBUTES[kind]),
            paged_size=PAGE,
            paged_cookie=cookie,
        )
        result = connection.result
        for answer in connection.response or ():
            if answer.get("type") == "searchResEntry":
                count += 1
                yield _entry(answer)
        reason = _PARTLY.get(result["result"])
        if count >= limit or time.monotonic() > stop:
            reason = f"stopped after {count} entries"
        if reason:
            yield parse.trouble(
                where, None, f"{kind}: {reason}; some are missing", "narrow the base or the filter"
            )
            return
        if result["result"] != results.RESULT_SUCCESS:
            raise ReadError(f"{kind}: {result['description']}", where, "check base, user and rights")
        cookie = (
            result.get("controls", {}).get("1.2.840.113556.1.4.319", {}).get("value", {}).get("cookie")
            or None
        )
        if cookie is None:
            return


def _entry(answer: Mapping[str, object]) -> Entry:
    values: dict[str, list[bytes]] = {}
    raw = answer["raw_attributes"]
    for name, said in raw.items() if isinstance(raw, Mapping) else ():
        values.setdefault(name.partition(";")[0].lower(), []).extend(said)  # member;range=0-1499
    return Entry(str(answer["dn"]), values)


def _where(options: Mapping[str, str]) -> str:
    """Scheme, host and port alone: what may be shown."""
    try:
        parts = urlsplit(options.get("url", ""))
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("ldap", "ldaps") or not parts.hostname:
        raise ReadError("no url of a directory", "ldap", 'url = "ldaps://dc.example.com"')
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _connect(options: Mapping[str, str], where: str) -> ldap3.Connection:
    """A connection that is encrypted, verified and logged in; raises ReadError."""
    connection = _prepared(options, where)
    plain = parse.yes(options.get("starttls", "yes")) is False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # ssl.match_hostname, gone in Python 3.12
            safe = connection.server.ssl or plain or connection.start_tls()
            bound = safe and connection.bind()
    except (exceptions.LDAPExceptionError, OSError) as problem:
        _close(connection)
        raise ReadError(_reason(problem), where, "check url, ca and the server's certificate") from None
    if not bound:
        _close(connection)
        said = (
            f"login refused: {connection.result['description']}" if safe else "the server takes no StartTLS"
        )
        raise ReadError(said, where, "check user and password" if safe else "use ldaps://")
    return connection


def _prepared(options: Mapping[str, str], where: str) -> ldap3.Connection:
    """What is to be connected to and as whom; nothing is sent yet."""
    parts = urlsplit(where)
    seconds = _number(options, "timeout", 30, where)
    user, password = options.get("user") or None, secret(options.get("password", ""), where) or None
    if user and not password:
        raise ReadError("a user without a password", where, "set password, or leave user empty")
    try:
        tls = ldap3.Tls(
            validate=ssl.CERT_REQUIRED, ca_certs_file=options.get("ca") or None, sni=parts.hostname
        )
    except exceptions.LDAPSSLConfigurationError:
        raise ReadError("the file with the certificate authority cannot be read", where, "check ca") from None
    server = ldap3.Server(
        parts.hostname,
        port=parts.port,
        use_ssl=parts.scheme == "ldaps",
        tls=tls,
        get_info=ldap3.NONE,
        connect_timeout=seconds,
    )
    return ldap3.Connection(
        server,
        user=user,
        password=password,
        read_only=True,
        receive_timeout=seconds,
        auto_referrals=False,
        check_names=False,
    )


def _close(connection: ldap3.Connection) -> None:
    """Say goodbye and close, however far it came."""
    with suppress(exceptions.LDAPExceptionError, OSError):
        connection.unbind()
    with suppress(OSError):
        if connection.socket:
            connection.socket.close()  # ldap3 leaves it open when the handshake failed


def _reason(problem: Exception) -> str:
    """What ldap3 says, on one line; it never holds the password."""
    return " ".join(str(problem).split())[:300] or type(problem).__name__


def _filter(options: Mapping[str, str], kind: str) -> str:
    return options.get(kind, FILTERS[kind]).strip()


def _list(options: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in options.get(name, "").split(";") if part.strip())


def _number(options: Mapping[str, str], name: str, usual: int, where: str) -> int:
    said = options.get(name, "") or str(usual)
    if not said.isdecimal() or not 0 < int(said) <= 10_000_000:
        raise ReadError(f"{name} is a whole number, not {said!r}", where, f'{name} = "{usual}"')
    return int(said)
