"""What Google Cloud says we have in, assets out: answers of ``gcloud``, Cloud Asset Inventory, CSV.

``gcloud asset list --content-type=resource``, ``gcloud asset search-all-resources``, an export of the Cloud
Asset Inventory (one JSON object a line; cloud.google.com/asset-inventory/docs/resource-name-format), and
``gcloud compute addresses|instances|forwarding-rules list``, ``gcloud dns managed-zones|record-sets list``,
each with ``--format=json`` or ``--format=csv(…)``. Private zones are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_cloud
from glasshouse.know.parse_cloud import Holds, Resource, Table
from glasshouse.known import Asset, Fact
from glasshouse.records import Trouble

TITLE = "Google Cloud inventory, JSON or CSV"
GIVES = ("assets",)
_TABLE: Table = {  # by the kind of the resource, as in compute#address
    "address": (("address", "address"),),
    "globaladdress": (("address", "address"),),
    "instance": (
        ("address", "networkInterfaces[].accessConfigs[].natIP"),
        ("name", "networkInterfaces[].accessConfigs[].publicPtrDomainName"),
        ("address", "networkInterfaces[].ipv6AccessConfigs[].externalIpv6"),
        ("address", "externalIPs[]"),
    ),
    "forwardingrule": (("address", "IPAddress"),),
    "globalforwardingrule": (("address", "IPAddress"),),
    "publicadvertisedprefix": (("address", "ipCidrRange"),),
    "publicdelegatedprefix": (("address", "ipCidrRange"),),
    "sslcertificate": (("name", "managed.domains[]"), ("name", "subjectAlternativeNames[]")),
    "certificate": (("name", "managed.domains[]"), ("name", "sanDnsnames[]")),
    "managedzone": (("domain", "dnsName"),),
    "resourcerecordset": (("name", "name"), ("record", "rrdatas[]")),
    "registration": (("domain", "domainName"),),
    "domainmapping": (("name", "metadata.name"),),
    "service": (("url", "status.url"), ("url", "uri")),
    "sql#instance": (("address", "ipAddresses[].ipAddress"), ("name", "dnsName")),
    "cluster": (("address", "endpoint"),),
}
_COLUMNS: dict[str, Holds] = {
    **dict.fromkeys(("address", "ip address", "external ip", "nat ip", "natip", "ipaddress"), "address"),
    **dict.fromkeys(("networkinterfaces accessconfigs natip", "external ip address"), "address"),
    **dict.fromkeys(("dns name", "dnsname"), "domain"),
}
_CSV_SIGNS = {"addresstype", "address type", "asset type", "assettype", "project", "project id", "self link"}
_CSV_SIGNS |= {"address range", "in use by", "networktier", "selflink", "visibility", "external ip"}
_HEAD = re.compile(
    rb'"kind"\s*:\s*"(?:compute|dns|sql|domains)#[a-zA-Z]+"|"asset_?[tT]ype"\s*:\s*"[a-z]+\.googleapis\.com/'
)


def detect(head: bytes, name: str) -> int:
    """Sure of JSON with kinds or asset types of Google Cloud, and of CSV with its columns."""
    if parse_cloud.is_json(head):
        return 88 if _HEAD.search(head[:16384]) else 0
    columns = parse_cloud.header(head)
    return 70 if columns & _CSV_SIGNS and columns & set(_COLUMNS) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """The assets of one answer or export. Raises Malformed when it is neither JSON nor CSV."""
    if parse_cloud.is_json(data[:1024]):
        found = _documents(data, name)
    else:
        sort = "addresstype" if "addresstype" in parse_cloud.header(data) else "visibility"
        found = parse_cloud.columns(data, name, _COLUMNS, sort)
    yield from parse_cloud.once(found)


def _documents(data: bytes, name: str) -> Iterator[Asset | Trouble]:
    try:
        tree = parse.document(data)
    except Malformed:
        lines = data.splitlines()
        if len(lines) < 2 or not lines[0].rstrip().endswith(b"}"):
            raise
    else:
        for one in parse.objects(tree):
            yield from _assets(one, name)
        return
    for number, line in enumerate(lines, 1):
        try:
            one_line = parse.objects(parse.document(line)) if line.strip() else []
        except Malformed:
            yield parse.trouble(name, number, "not JSON", "export it anew")
            continue
        for one in one_line:
            yield from _assets(one, name)


def _assets(one: Mapping[str, object], name: str) -> Iterator[Asset | Trouble]:
    kind, said = _kind(one), dict(_described(one))
    if str(said.get("visibility")).lower() == "private" or said.get("addressType") == "INTERNAL":
        return
    if str(said.get("loadBalancingScheme", "")).startswith("INTERNAL"):
        return
    where = str(one.get("name") or one.get("id") or said.get("name") or kind).removeprefix("//")
    yield from parse_cloud.assets(_TABLE, Resource(kind, said, where), name)


def _kind(one: Mapping[str, object]) -> str:
    asset_type = str(one.get("assetType") or one.get("asset_type") or "")
    if asset_type.startswith("sqladmin."):
        return "sql#instance"
    if asset_type:
        return asset_type.rpartition("/")[2].lower()
    kind = str(one.get("kind") or "")
    return kind.lower() if kind == "sql#instance" else kind.rpartition("#")[2].lower()


def _described(one: Mapping[str, object]) -> Mapping[str, object]:
    """The description of a resource: itself, its ``resource.data``, or what a search adds to it."""
    resource = one.get("resource")
    if isinstance(resource, dict) and isinstance(resource.get("data"), dict):
        inside: Mapping[str, object] = resource["data"]
        return inside
    added = one.get("additionalAttributes")
    return {**added, "labels": one.get("labels")} if isinstance(added, dict) else one
