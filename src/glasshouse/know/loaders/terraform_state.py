"""A Terraform or OpenTofu state in, the assets it manages out: addresses, names, zones, certificates.

State version 4 (``terraform.tfstate``, ``terraform state pull``) and ``terraform show -json``
(https://developer.hashicorp.com/terraform/internals/json-format). Data sources are left out: they describe
what others manage. Attributes marked sensitive are never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_cloud
from glasshouse.know.parse_cloud import Resource, Table
from glasshouse.known import Asset, Fact
from glasshouse.records import Trouble

TITLE = "Terraform state"
GIVES = ("assets",)
DEPTH = 30  # of modules in modules
_MARKS = re.compile(rb'"(?:terraform_version|lineage)"\s*:')
# docs of the providers: registry.terraform.io/providers/hashicorp/{aws,azurerm,google}, cloudflare/cloudflare
_TABLE: Table = {
    "aws_route53_zone": (("domain", "name"),),
    "aws_route53_record": (("name", "fqdn"), ("record", "records[]")),
    "aws_eip": (("address", "public_ip"), ("name", "public_dns")),
    "aws_instance": (("address", "public_ip"), ("name", "public_dns"), ("address", "ipv6_addresses[]")),
    "aws_spot_instance_request": (("address", "public_ip"), ("name", "public_dns")),
    "aws_lightsail_instance": (("address", "public_ip_address"),),
    "aws_lightsail_static_ip": (("address", "ip_address"),),
    "aws_nat_gateway": (("address", "public_ip"),),
    "aws_lb": (("name", "dns_name"),),
    "aws_alb": (("name", "dns_name"),),
    "aws_elb": (("name", "dns_name"),),
    "aws_globalaccelerator_accelerator": (("name", "dns_name"), ("address", "ip_sets[].ip_addresses[]")),
    "aws_cloudfront_distribution": (("name", "domain_name"), ("name", "aliases[]")),
    "aws_acm_certificate": (("name", "domain_name"), ("name", "subject_alternative_names[]")),
    "aws_db_instance": (("name", "address"),),
    "aws_rds_cluster": (("name", "endpoint"), ("name", "reader_endpoint")),
    "aws_eks_cluster": (("url", "endpoint"),),
    "aws_opensearch_domain": (("name", "endpoint"),),
    "aws_s3_bucket": (("name", "bucket_domain_name"), ("name", "bucket_regional_domain_name")),
    "aws_api_gateway_domain_name": (("name", "domain_name"),),
    "aws_apigatewayv2_domain_name": (("name", "domain_name"),),
    "aws_apigatewayv2_api": (("url", "api_endpoint"),),
    "aws_vpc": (("address", "ipv6_cidr_block"),),
    "aws_vpc_ipam_pool_cidr": (("address", "cidr"),),
    "aws_ses_domain_identity": (("domain", "domain"),),
    "azurerm_public_ip": (("address", "ip_address"), ("name", "fqdn")),
    "azurerm_public_ip_prefix": (("address", "ip_prefix"),),
    "azurerm_dns_zone": (("domain", "name"),),
    **{
        f"azurerm_dns_{kind}_record": (("name", "fqdn"), ("record", "records[]"))
        for kind in ("a", "aaaa", "cname", "mx")
    },
    "azurerm_linux_virtual_machine": (("address", "public_ip_address"), ("address", "public_ip_addresses[]")),
    "azurerm_windows_virtual_machine": (
        ("address", "public_ip_address"),
        ("address", "public_ip_addresses[]"),
    ),
    "azurerm_linux_web_app": (("name", "default_hostname"),),
    "azurerm_windows_web_app": (("name", "default_hostname"),),
    "azurerm_linux_function_app": (("name", "default_hostname"),),
    "azurerm_windows_function_app": (("name", "default_hostname"),),
    "azurerm_static_web_app": (("name", "default_host_name"),),
    "azurerm_app_service_custom_hostname_binding": (("name", "hostname"),),
    "azurerm_cdn_endpoint": (("name", "fqdn"),),
    "azurerm_cdn_frontdoor_endpoint": (("name", "host_name"),),
    "azurerm_cdn_frontdoor_custom_domain": (("name", "host_name"),),
    "azurerm_storage_account": (("name", "primary_blob_host"), ("name", "primary_web_host")),
    "azurerm_key_vault": (("url", "vault_uri"),),
    "azurerm_kubernetes_cluster": (("name", "fqdn"),),
    "azurerm_container_registry": (("name", "login_server"),),
    "azurerm_mssql_server": (("name", "fully_qualified_domain_name"),),
    "google_compute_address": (("address", "address"),),
    "google_compute_global_address": (("address", "address"),),
    "google_compute_forwarding_rule": (("address", "ip_address"),),
    "google_compute_global_forwarding_rule": (("address", "ip_address"),),
    "google_compute_instance": (
        ("address", "network_interface[].access_config[].nat_ip"),
        ("address", "network_interface[].ipv6_access_config[].external_ipv6"),
    ),
    "google_compute_managed_ssl_certificate": (("name", "managed[].domains[]"),),
    "google_dns_managed_zone": (("domain", "dns_name"),),
    "google_dns_record_set": (("name", "name"), ("record", "rrdatas[]")),
    "google_sql_database_instance": (("address", "public_ip_address"), ("name", "dns_name")),
    "google_cloud_run_domain_mapping": (("name", "name"),),
    "google_cloud_run_v2_service": (("url", "uri"),),
    "google_container_cluster": (("address", "endpoint"),),
    "cloudflare_zone": (("domain", "zone"), ("domain", "name")),
    "cloudflare_record": (("name", "hostname"), ("record", "content"), ("record", "value")),
    "cloudflare_dns_record": (("name", "name"), ("record", "content")),
    "digitalocean_droplet": (("address", "ipv4_address"), ("address", "ipv6_address")),
    "digitalocean_floating_ip": (("address", "ip_address"),),
    "digitalocean_reserved_ip": (("address", "ip_address"),),
    "digitalocean_loadbalancer": (("address", "ip"),),
    "digitalocean_domain": (("domain", "name"),),
    "digitalocean_record": (("name", "fqdn"),),
    "hcloud_server": (("address", "ipv4_address"), ("address", "ipv6_network")),
    "hcloud_floating_ip": (("address", "ip_address"), ("address", "ip_network")),
    "hcloud_load_balancer": (("address", "ipv4"), ("address", "ipv6")),
    "openstack_networking_floatingip_v2": (("address", "address"),),
    "powerdns_zone": (("domain", "name"),),
}
_PRIVATE = {"google_dns_managed_zone": ("visibility", "private")}


def detect(head: bytes, name: str) -> int:
    """Sure when JSON says which Terraform wrote it."""
    return 90 if parse_cloud.is_json(head) and _MARKS.search(head[:4096]) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """The assets of what it manages. Raises Malformed for versions before 4, and for what is no state."""
    tree = parse.document(data)
    if not isinstance(tree, dict):
        raise Malformed("not a Terraform state")
    if isinstance(tree.get("values"), dict):
        found = _shown(tree["values"].get("root_module"), DEPTH)
    elif tree.get("version") == 4:
        found = _state(tree.get("resources"))
    else:
        raise Malformed("not a Terraform state of version 4: terraform state pull with 0.12 or later")
    yield from parse_cloud.once(one for each in found for one in _assets(each, name))


def _assets(resource: Resource, name: str) -> Iterator[Asset | Trouble]:
    if resource.type in _PRIVATE:
        key, word = _PRIVATE[resource.type]
        if resource.attributes.get(key) == word:
            return
    if resource.type == "aws_route53_zone" and resource.attributes.get("vpc"):
        return  # private zones are often named after what others own
    yield from parse_cloud.assets(_TABLE, resource, name)


def _state(resources: object) -> Iterator[Resource]:
    for one in parse.objects(resources):
        if one.get("mode") == "managed":
            where = ".".join(str(one[part]) for part in ("module", "type", "name") if one.get(part))
            for instance in parse.objects(one.get("instances")):
                key = instance.get("index_key")
                index = "" if key is None else f"[{key!r}]"
                attributes = _plain(
                    instance.get("attributes"), _sensitive(instance.get("sensitive_attributes"))
                )
                yield Resource(str(one.get("type")), attributes, where + index)


def _shown(module: object, depth: int) -> Iterator[Resource]:
    if not isinstance(module, dict) or not depth:
        return
    for one in parse.objects(module.get("resources") or []):
        if one.get("mode") == "managed":
            secret = one.get("sensitive_values")
            names = (
                {str(key) for key, mark in secret.items() if mark is True}
                if isinstance(secret, dict)
                else set()
            )
            yield Resource(str(one.get("type")), _plain(one.get("values"), names), str(one.get("address")))
    for child in parse.objects(module.get("child_modules") or []):
        yield from _shown(child, depth - 1)


def _plain(attributes: object, secret: set[str]) -> dict[str, object]:
    said = attributes if isinstance(attributes, dict) else {}
    return {str(key): value for key, value in said.items() if key not in secret}


def _sensitive(paths: object) -> set[str]:
    """The first step of each path to a sensitive value."""
    said = paths if isinstance(paths, list) else []
    firsts = [path[0] if isinstance(path, list) and path else path for path in said]
    return {str(step.get("value")) for step in firsts if isinstance(step, dict)}
