"""Toolbox of directory fetchers: entries of OpenLDAP or Active Directory in; people and machines out.

Attributes after RFC 2798 (inetOrgPerson), RFC 2307 (posixAccount) and Microsoft's Active Directory schema
reference: ``userAccountControl`` bit 0x2 is a disabled account, 0x2000 a domain controller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from glasshouse import parse
from glasshouse.know import parse_accounts, parse_machines
from glasshouse.known import Machine, Person

ATTRIBUTES = {
    "groups": ("cn", "member", "uniqueMember", "memberUid", "memberOf", "gidNumber"),
    "people": (
        *("objectClass", "sAMAccountName", "uid", "userPrincipalName", "title", "department", "ou", "mail"),
        *("departmentNumber", "memberOf", "gidNumber", "userAccountControl", "adminCount"),
        *("servicePrincipalName", "nsAccountLock", "loginDisabled", "pwdAccountLockedTime"),
    ),
    "machines": (
        *("objectClass", "cn", "dNSHostName", "sAMAccountName", "operatingSystem", "userAccountControl"),
        *("managedBy", "owner", "department"),
    ),
}
PRIVILEGED = (
    *("Domain Admins", "Enterprise Admins", "Schema Admins", "Administrators", "Account Operators"),
    *("Backup Operators", "Server Operators", "Print Operators", "Key Admins", "Enterprise Key Admins"),
    *("DnsAdmins", "Group Policy Creator Owners", "wheel", "sudo", "root"),
)
_DISABLED, _CONTROLLER = 0x2, 0x2000
_FOR_GOOD = b"000001010000Z"  # pwdAccountLockedTime of an account an administrator locked
_MANAGED_SERVICE = {"msds-managedserviceaccount", "msds-groupmanagedserviceaccount"}
_LONGEST = 512  # characters of a value
_FIRST_NAME = re.compile(r"^\s*[A-Za-z0-9.-]+\s*=\s*((?:[^\\,+]|\\.)*)", re.DOTALL)
_ESCAPED = re.compile(r"\\([0-9A-Fa-f]{2})|\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a directory: its name and its values by lower-case attribute, without options."""

    dn: str
    values: Mapping[str, Sequence[bytes]]

    def texts(self, *names: str) -> list[str]:
        """All values of the attributes, in order, as text without control over its length."""
        found = (value for name in names for value in self.values.get(name.lower(), ()))
        return [said for value in found if (said := value.decode("utf-8", "replace").strip()[:_LONGEST])]

    def text(self, *names: str) -> str | None:
        """The first value of the first attribute that has one."""
        return next(iter(self.texts(*names)), None)

    def number(self, name: str) -> int | None:
        """A whole number, or None."""
        said = self.text(name) or ""
        return int(said) if re.fullmatch(r"-?[0-9]{1,18}", said) else None


@dataclass(slots=True)
class Groups:
    """Which groups a name is in, directly or through other groups. ``complete``: every group was read."""

    complete: bool = False
    names: dict[str, str] = field(default_factory=dict)  # name of the group by its DN
    above: dict[str, list[str]] = field(default_factory=dict)  # DNs of the groups something is directly in
    by_user: dict[str, list[str]] = field(default_factory=dict)
    by_number: dict[str, str] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Take in one group."""
        dn = _key(entry.dn)
        self.names[dn] = entry.text("cn") or first_name(entry.dn)
        for member in entry.texts("member", "uniqueMember"):
            self.above.setdefault(_key(member), []).append(dn)
        self.above.setdefault(dn, []).extend(self._said(entry))
        for user in entry.texts("memberUid"):
            self.by_user.setdefault(user.lower(), []).append(dn)
        number = entry.text("gidNumber")
        if number:
            self.by_number[number] = dn

    def of(self, entry: Entry) -> tuple[str, ...]:
        """DNs of all groups of an account, nearest first."""
        near = self._said(entry) + self.above.get(_key(entry.dn), [])
        for user in entry.texts("uid"):
            near += self.by_user.get(user.lower(), [])
        number = entry.text("gidNumber")
        if number in self.by_number:
            near.append(self.by_number[number])
        found = dict.fromkeys(near)
        waiting = list(found)
        while waiting:
            fresh = [one for one in self.above.get(waiting.pop(0), []) if one not in found]
            found.update(dict.fromkeys(fresh))
            waiting += fresh
        return tuple(found)

    def _said(self, entry: Entry) -> list[str]:
        """The groups an entry names itself; one that was not read keeps the name of its DN."""
        names = entry.texts("memberOf")
        for said in names:
            self.names.setdefault(_key(said), first_name(said))
        return [_key(said) for said in names]

    def name(self, dn: str) -> str:
        """What people call a group."""
        return self.names.get(dn) or first_name(dn)


def people(
    entry: Entry, groups: Groups, privileged: frozenset[str], services: Sequence[str], origin: str
) -> Iterator[Person]:
    """One person per account name of the entry: Active Directory logs use two, ``uid`` may have several.

    ``privileged`` are names or DNs of groups, as ``keys`` writes them; ``services`` are DNs.
    """
    spellings = entry.texts("sAMAccountName", "uid", "userPrincipalName")
    accounts = [parse.account(said) for said in spellings]
    inside = groups.of(entry)
    for account in dict.fromkeys(one for one in accounts if one):
        yield Person(
            account=account,
            role=entry.text("title"),
            department=entry.text("department", "departmentNumber", "ou"),
            privileged=_privileged(entry, inside, groups, privileged),
            service=_service(entry, services),
            disabled=_disabled(entry),
            groups=tuple(dict.fromkeys(groups.name(dn) for dn in inside)),
            email=(entry.text("mail") or "").lower() or None,
            domains=parse_accounts.stated(spellings, [entry.dn]),
            origin=origin,
        )


def machine(entry: Entry, accounts: Mapping[str, str], origin: str) -> Machine | None:
    """A machine; ``accounts`` names the account of a DN. None for service accounts, which look alike."""
    classes = {said.lower() for said in entry.texts("objectClass")}
    host = parse.machine(entry.text("dNSHostName") or entry.text("cn", "sAMAccountName") or "")
    if classes & _MANAGED_SERVICE or not host:
        return None
    flags = entry.number("userAccountControl") or 0
    owner = entry.text("managedBy", "owner")
    return Machine(
        host=host.rstrip("$"),
        owner=accounts.get(_key(owner)) if owner else None,
        kind="server" if flags & _CONTROLLER else parse_machines.kind(entry.text("operatingSystem") or ""),
        department=entry.text("department"),
        managed=True if "computer" in classes and not flags & _DISABLED else None,  # joined to the domain
        origin=origin,
    )


def account_of(entry: Entry) -> tuple[str, str] | None:
    """DN and account name, by which ``managedBy`` and ``owner`` are read."""
    account = parse.account(entry.text("sAMAccountName", "uid") or "")
    return (_key(entry.dn), account) if account else None


def first_name(dn: str) -> str:
    """The value of the first part of a DN (RFC 4514): ``CN=Smith\\\\, J,OU=x`` is ``Smith, J``."""
    match = _FIRST_NAME.match(dn)
    if not match:
        return dn[:_LONGEST]
    raw = _ESCAPED.sub(lambda one: chr(int(one[1], 16)) if one[1] else one[2], match[1].strip())
    try:
        return raw.encode("latin-1").decode("utf-8")[:_LONGEST]  # \\C3\\BC are the bytes of one letter
    except UnicodeError:
        return raw[:_LONGEST]


def keys(names: Iterable[str]) -> frozenset[str]:
    """Names or DNs of groups in the one spelling in which they are compared."""
    return frozenset(_key(one) for one in names)


def _key(dn: str) -> str:
    return re.sub(r"\s*([,=])\s*", r"\1", dn).lower()


def _privileged(
    entry: Entry, inside: Sequence[str], groups: Groups, privileged: frozenset[str]
) -> bool | None:
    if (
        entry.text("adminCount") == "1"
    ):  # stays 1 after the account left the group: rather too much than too little
        return True
    if any(dn in privileged or _key(groups.name(dn)) in privileged for dn in inside):
        return True
    return False if groups.complete else None


def _service(entry: Entry, services: Sequence[str]) -> bool | None:
    classes = {said.lower() for said in entry.texts("objectClass")}
    if classes & _MANAGED_SERVICE or entry.texts("servicePrincipalName"):
        return True
    dn = _key(entry.dn)
    if any(dn.endswith("," + _key(below)) for below in services):
        return True
    return False if services else None


def _disabled(entry: Entry) -> bool | None:
    flags = entry.number("userAccountControl")
    if flags is not None:
        return bool(flags & _DISABLED)
    if _FOR_GOOD in entry.values.get("pwdaccountlockedtime", ()):
        return True
    said = entry.text("nsAccountLock", "loginDisabled")
    return parse.yes(said) if said else None
