"""Which IP addresses are of the public internet.

Python's own tables (`ipaddress`) changed within 3.11 and 3.12 and know neither all that is embedded nor all that is
reserved, so the registries are written out: the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), as of
2025, column "Globally Reachable".
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_V4 = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # "this network", RFC 791
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # shared, behind a provider's NAT, RFC 6598
        "127.0.0.0/8",  # loopback, RFC 1122
        "169.254.0.0/16",  # link-local, with the clouds' metadata services, RFC 3927
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890; two of them below
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.88.99.0/24",  # 6to4 relays, deprecated, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved, with the broadcast, RFC 1112
    )
]
_V4_REACHABLE = {IPv4Address("192.0.0.9"), IPv4Address("192.0.0.10")}  # PCP and TURN anycast, RFC 7723 and 8155

_V6_UNICAST = IPv6Network("2000::/3")  # all that is given out, RFC 4291; outside are ::/8, 64:ff9b:1::/48, 100::/64,
# 5f00::/16, fc00::/7 (unique local), fe80::/10 (link-local), fec0::/10 (site-local) and ff00::/8 (multicast).
_V6 = [
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, RFC 2928, with Teredo (2001::/32); the reachable ones are below
        "2001:db8::/32",  # documentation, RFC 3849
        "3fff::/20",  # documentation, RFC 9637
    )
]
_V6_REACHABLE = [
    IPv6Network(network)
    for network in (
        "2001:1::1/128",  # PCP anycast, RFC 7723
        "2001:1::2/128",  # TURN anycast, RFC 8155
        "2001:1::3/128",  # DNS-SD service registration anycast, RFC 9665
        "2001:3::/32",  # AMT, RFC 7450
        "2001:4:112::/48",  # AS112, RFC 7535
        "2001:20::/28",  # ORCHIDv2, RFC 7343
        "2001:30::/28",  # drone remote ID, RFC 9374
    )
]
# What leads to the IPv4 address in it: where the prefix is, and how many bits follow the address.
_EMBEDDED = [
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped, RFC 4291
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64, RFC 6052
    (IPv6Network("2002::/16"), 80),  # 6to4, RFC 3056
]


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet; of one that holds an IPv4 address, that one counts.

    Not public is what is no address, and what has a zone (fe80::1%eth0).
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return _public_v4(ip) if isinstance(ip, IPv4Address) else _public_v6(ip)


def _public_v4(ip: IPv4Address) -> bool:
    return ip in _V4_REACHABLE or not any(ip in network for network in _V4)


def _public_v6(ip: IPv6Address) -> bool:
    if ip.scope_id is not None:
        return False
    for prefix, after in _EMBEDDED:
        if ip in prefix:
            return _public_v4(IPv4Address(int(ip) >> after & 0xFFFFFFFF))
    if ip not in _V6_UNICAST:
        return False
    return any(ip in network for network in _V6_REACHABLE) or not any(ip in network for network in _V6)
