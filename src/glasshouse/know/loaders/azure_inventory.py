"""What Azure says we have in, assets out: answers of the ``az`` program, Resource Graph, exports as CSV.

``az resource list``, ``az network public-ip list``, ``az network dns zone list``, ``az network dns
record-set list``, ``az webapp list`` …, ``az graph query`` (learn.microsoft.com/cli/azure,
learn.microsoft.com/azure/governance/resource-graph), and the CSV of the portal's lists. Resources say their
type themselves. Private zones are left out: ``privatelink.…`` is named after what Microsoft owns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from glasshouse import parse
from glasshouse.know import parse_cloud
from glasshouse.know.parse_cloud import Holds, Paths, Resource, Table
from glasshouse.known import Asset, Fact
from glasshouse.records import Trouble

TITLE = "Azure inventory, JSON or CSV"
GIVES = ("assets",)


def _both(*paths: tuple[Holds, str]) -> Paths:
    """The same attributes as ``az`` prints them and below ``properties``, as the Resource Graph does."""
    return (*paths, *((holds, f"properties.{path}") for holds, path in paths))


_RECORDS = _both(
    ("name", "fqdn"), ("record", "ARecords[].ipv4Address"), ("record", "AAAARecords[].ipv6Address")
)
_TABLE: Table = {
    "microsoft.network/publicipaddresses": _both(("address", "ipAddress"), ("name", "dnsSettings.fqdn")),
    "microsoft.network/publicipprefixes": _both(("address", "ipPrefix")),
    "microsoft.network/dnszones": (("domain", "name"),),
    **{
        f"microsoft.network/dnszones/{kind}": _RECORDS
        for kind in ("a", "aaaa", "cname", "mx", "ns", "txt", "srv", "caa", "ptr", "soa")
    },
    "microsoft.network/frontdoors": _both(("name", "cName"), ("name", "frontendEndpoints[].hostName")),
    "microsoft.network/trafficmanagerprofiles": _both(("name", "dnsConfig.fqdn")),
    "microsoft.domainregistration/domains": (("domain", "name"),),
    "microsoft.web/sites": _both(
        ("name", "defaultHostName"), ("name", "hostNames[]"), ("name", "enabledHostNames[]")
    ),
    "microsoft.web/staticsites": _both(("name", "defaultHostname"), ("name", "customDomains[]")),
    "microsoft.web/certificates": _both(("certificate", "thumbprint"), ("name", "hostNames[]")),
    "microsoft.cdn/profiles/endpoints": _both(("name", "hostName")),
    "microsoft.cdn/profiles/afdendpoints": _both(("name", "hostName")),
    "microsoft.cdn/profiles/customdomains": _both(("name", "hostName")),
    "microsoft.storage/storageaccounts": _both(
        ("url", "primaryEndpoints.blob"), ("url", "primaryEndpoints.web"), ("name", "customDomain.name")
    ),
    "microsoft.keyvault/vaults": _both(("url", "vaultUri")),
    "microsoft.sql/servers": _both(("name", "fullyQualifiedDomainName")),
    "microsoft.dbforpostgresql/flexibleservers": _both(("name", "fullyQualifiedDomainName")),
    "microsoft.dbformysql/flexibleservers": _both(("name", "fullyQualifiedDomainName")),
    "microsoft.containerregistry/registries": _both(("name", "loginServer")),
    "microsoft.containerservice/managedclusters": _both(("name", "fqdn")),
    "microsoft.containerinstance/containergroups": _both(
        ("address", "ipAddress.ip"), ("name", "ipAddress.fqdn")
    ),
    "microsoft.app/containerapps": _both(("name", "configuration.ingress.fqdn")),
    "microsoft.cache/redis": _both(("name", "hostName")),
    "microsoft.compute/virtualmachines": (("address", "publicIps"), ("name", "fqdns")),  # az vm list -d
    "microsoft.apimanagement/service": _both(("url", "gatewayUrl"), ("address", "publicIPAddresses[]")),
}
_COLUMNS: dict[str, Holds] = {
    **dict.fromkeys(("ip address", "ipaddress", "public ip address", "public ip", "publicip"), "address"),
    **dict.fromkeys(("properties ipaddress", "ip prefix"), "address"),
    **dict.fromkeys(("dns name", "fqdn", "url", "default domain", "defaulthostname", "hostname"), "url"),
}
_SIGNS = {
    "resource group",
    "resourcegroup",
    "subscription",
    "subscription id",
    "subscriptionid",
    "resourceid",
}
_HEAD = re.compile(rb'"(?:/subscriptions/[0-9a-fA-F-]{8,36}/|[Mm]icrosoft\.[A-Za-z]+/[A-Za-z]+)')


def detect(head: bytes, name: str) -> int:
    """Sure of JSON with ids or types of Azure, and of CSV with subscriptions or resource groups."""
    if parse_cloud.is_json(head):
        return 88 if _HEAD.search(head[:16384]) else 0
    columns = parse_cloud.header(head)
    return 85 if columns & _SIGNS and columns & {*_COLUMNS, "type"} else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """The assets of one answer or export. Raises Malformed when it is neither JSON nor CSV."""
    if parse_cloud.is_json(data[:1024]):
        yield from parse_cloud.once(_listed(data, name))
    else:
        yield from parse_cloud.once(_rows(data, name))


def _listed(data: bytes, name: str) -> Iterator[Asset | Trouble]:
    tree = parse.document(data)
    listed = tree.get("data") or tree.get("value") if isinstance(tree, dict) else None
    for one in parse.objects(listed or tree):
        yield from _assets(one, name)


def _rows(data: bytes, name: str) -> Iterator[Asset | Trouble]:
    yield from parse_cloud.columns(data, name, _COLUMNS)
    for line, row in parse.rows(data):  # zones have no column of their own: their name is the domain
        plain = {key.lower(): cell for key, cell in row.items()}
        if plain.get("type", "").lower() in ("dns zone", "microsoft.network/dnszones"):
            said = {"name": plain.get("name", "")}
            yield from parse_cloud.assets(
                _TABLE, Resource("microsoft.network/dnszones", said, str(line)), name
            )


def _assets(one: Mapping[str, object], name: str) -> Iterator[Asset | Trouble]:
    kind = str(one.get("type") or "").lower()
    if kind == "microsoft.network/dnszones" and str(one.get("zoneType") or "Public").lower() == "private":
        return
    where = str(one.get("id") or one.get("name") or "").rpartition("/providers/")[2]
    yield from parse_cloud.assets(_TABLE, Resource(kind, one, where), name)
