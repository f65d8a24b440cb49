"""What AWS says we have in, assets out: answers of the ``aws`` program, AWS Config, exports as CSV.

``aws ec2 describe-instances|describe-addresses|describe-network-interfaces|describe-nat-gateways|
describe-byoip-cidrs``, ``elbv2|elb describe-load-balancers``, ``route53 list-hosted-zones|
list-resource-record-sets``, ``route53domains list-domains``, ``acm list-certificates|describe-certificate``,
``cloudfront list-distributions``, ``rds describe-db-instances`` (docs.aws.amazon.com/cli/latest/reference);
AWS Config snapshots and ``select-resource-config`` (docs.aws.amazon.com/config, "Components of a
Configuration Item"); CSV of the EC2 and Tag Editor consoles. Private zones are left out: they are often
named after what others own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import orjson

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_cloud
from glasshouse.know.parse_cloud import Holds, Resource, Table
from glasshouse.known import Asset, Fact
from glasshouse.records import Trouble

TITLE = "AWS inventory, JSON or CSV"
GIVES = ("assets",)
_INTERFACE: tuple[tuple[Holds, str], ...] = (
    ("address", "Association.PublicIp"),
    ("name", "Association.PublicDnsName"),
    ("address", "Ipv6Addresses[].Ipv6Address"),
)
_INSTANCE: tuple[tuple[Holds, str], ...] = (
    ("address", "PublicIpAddress"),
    ("name", "PublicDnsName"),
    *((holds, f"NetworkInterfaces[].{path}") for holds, path in _INTERFACE),
)
_BALANCER: tuple[tuple[Holds, str], ...] = (
    ("name", "DNSName"),
    ("address", "AvailabilityZones[].LoadBalancerAddresses[].IpAddress"),
)
_CERTIFICATE: tuple[tuple[Holds, str], ...] = (
    ("name", "DomainName"),
    ("name", "SubjectAlternativeNames[]"),
    ("name", "SubjectAlternativeNameSummaries[]"),
    ("certificate", "Serial"),
)
_TABLE: Table = {
    "Instances": _INSTANCE,
    "Addresses": (("address", "PublicIp"), ("address", "CarrierIp")),
    "NetworkInterfaces": _INTERFACE,
    "NatGateways": (("address", "NatGatewayAddresses[].PublicIp"),),
    "ByoipCidrs": (("address", "Cidr"),),
    "Vpcs": (("address", "Ipv6CidrBlockAssociationSet[].Ipv6CidrBlock"),),
    "LoadBalancers": _BALANCER,
    "LoadBalancerDescriptions": (("name", "DNSName"),),
    "HostedZones": (("domain", "Name"),),
    "HostedZone": (("domain", "Name"),),
    "ResourceRecordSets": (("name", "Name"), ("record", "ResourceRecords[].Value")),
    "Domains": (("domain", "DomainName"),),
    "CertificateSummaryList": _CERTIFICATE,
    "Certificate": _CERTIFICATE,
    "Items": (("name", "DomainName"), ("name", "Aliases.Items[]")),
    "DBInstances": (("name", "Endpoint.Address"),),
    "DBClusters": (("name", "Endpoint"), ("name", "ReaderEndpoint")),
    "Accelerators": (("name", "DnsName"), ("address", "IpSets[].IpAddresses[]")),
}
# Types of AWS Config, and where their description is the one that the program prints.
_CONFIG = {
    "AWS::EC2::Instance": "Instances",
    "AWS::EC2::EIP": "Addresses",
    "AWS::EC2::NetworkInterface": "NetworkInterfaces",
    "AWS::EC2::NatGateway": "NatGateways",
    "AWS::EC2::VPC": "Vpcs",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "LoadBalancers",
    "AWS::ElasticLoadBalancing::LoadBalancer": "LoadBalancerDescriptions",
    "AWS::Route53::HostedZone": "HostedZones",
    "AWS::ACM::Certificate": "Certificate",
    "AWS::CloudFront::Distribution": "Items",
    "AWS::RDS::DBInstance": "DBInstances",
    "AWS::RDS::DBCluster": "DBClusters",
}
_COLUMNS: dict[str, Holds] = {
    **dict.fromkeys(("public ipv4 address", "elastic ip", "ipv6 ips", "allocated ipv4 address"), "address"),
    **dict.fromkeys(("public ip", "publicipaddress", "public ip address", "ipv6 addresses"), "address"),
    **dict.fromkeys(("public ipv4 dns", "public dns", "dns name", "record name"), "name"),
    **dict.fromkeys(("hosted zone name",), "domain"),
}
_NAMES = (
    "InstanceId",
    "AllocationId",
    "NetworkInterfaceId",
    "LoadBalancerName",
    "Name",
    "DomainName",
    "Id",
    "Arn",
)
_CSV_SIGNS = {
    "instance id",
    "allocation id",
    "arn",
    "public ipv4 address",
    "hosted zone id",
    "allocated ipv4 address",
}
_HEAD = re.compile(
    rb'"(?:Reservations|Addresses|NetworkInterfaces|NatGateways|ByoipCidrs|LoadBalancers|LoadBalancerDescriptions'
    rb"|HostedZones?|ResourceRecordSets|CertificateSummaryList|DistributionList|DBInstances|DBClusters|Accelerators"
    rb'|configurationItems|Vpcs)"\s*:|"arn:aws[a-z-]*:|\barn:aws[a-z-]*:acm:'
)
_DOMAINS = re.compile(rb'"Domains"\s*:\s*\[\s*\{\s*"DomainName"')
_RESULTS = re.compile(rb'"Results"\s*:\s*\[\s*"\{\\"')


def detect(head: bytes, name: str) -> int:
    """Sure of JSON with a key that only AWS prints, and of CSV with columns of its consoles."""
    if parse_cloud.is_json(head):
        start = head[:16384]
        return 90 if _HEAD.search(start) or _DOMAINS.search(start) or _RESULTS.search(start) else 0
    columns = parse_cloud.header(head)
    return 85 if columns & _CSV_SIGNS and columns & set(_COLUMNS) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """The assets of one answer or export. Raises Malformed when it is neither JSON nor CSV."""
    if not parse_cloud.is_json(data[:1024]):
        yield from parse_cloud.once(parse_cloud.columns(data, name, _COLUMNS))
        return
    tree = parse.document(data)
    yield from parse_cloud.once(one for root in parse.objects(tree) for one in _answer(root, name))


def _answer(root: Mapping[str, object], name: str) -> Iterator[Asset | Trouble]:
    for resource in _resources(root, name):
        if isinstance(resource, Trouble):
            yield resource
        elif not _private(resource):
            yield from parse_cloud.assets(_TABLE, resource, name)


def _resources(root: Mapping[str, object], name: str) -> Iterator[Resource | Trouble]:
    for reservation in parse.objects(root.get("Reservations") or []):
        yield from _each("Instances", reservation.get("Instances"))
    inside = root.get("DistributionList")
    if isinstance(inside, dict):
        yield from _each("Items", inside.get("Items"))
    for key in _TABLE:
        if key not in ("Instances", "Items"):
            yield from _each(key, root.get(key))
    items = root.get("configurationItems") or ([root] if "resourceType" in root else [])
    for item in parse.objects(items):
        yield from _item(item)
    results = root.get("Results")
    for number, said in enumerate(results if isinstance(results, list) else []):
        try:
            found = parse.document(said.encode()) if isinstance(said, str) else said
        except (Malformed, UnicodeEncodeError):
            yield parse.trouble(name, number + 1, "a result that is not JSON", "export it anew")
            continue
        for one in parse.objects(found):
            yield from _item(one)


def _each(kind: str, found: object) -> Iterator[Resource]:
    for number, one in enumerate(parse.objects(found or [])):
        yield Resource(
            kind, one, next((str(one[key]) for key in _NAMES if one.get(key)), f"{kind} {number + 1}")
        )


def _item(item: Mapping[str, object]) -> Iterator[Resource]:
    """A configuration item: small letters where the program prints large ones, tags beside it."""
    kind = _CONFIG.get(str(item.get("resourceType")))
    inside = item.get("configuration")
    if isinstance(inside, str):  # some exports keep the description as text
        try:
            inside = orjson.loads(inside)
        except orjson.JSONDecodeError:
            inside = None
    if kind and isinstance(inside, dict):
        where = str(item.get("ARN") or item.get("arn") or item.get("resourceId") or item.get("resourceName"))
        tags = item.get("tags") or inside.get("tags") or []
        yield Resource(kind, {**inside, "tags": tags}, where)


def _private(resource: Resource) -> bool:
    if resource.type not in ("HostedZones", "HostedZone"):
        return False
    config = resource.attributes.get("Config") or resource.attributes.get("config")
    return isinstance(config, dict) and bool(config.get("PrivateZone", config.get("privateZone")))
