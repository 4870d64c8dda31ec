"""The guard's rules: what belongs to the open internet."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.errors import AddressRefused
from metarr.http.addresses import endpoint, endpoints, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:192.168.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_an_address_inside_a_network_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "13.224.103.1", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_an_address_of_the_open_internet_is(address):
    assert is_public(address)


@given(st.ip_addresses(v=4).filter(lambda address: not address.is_global))
def test_dressing_an_address_up_as_ipv6_does_not_help(address: IPv4Address):
    mapped = IPv6Address(int(address) | 0xFFFF << 32)
    translated = IPv6Address(int(address) | int(IPv6Address("64:ff9b::")))
    assert not is_public(str(mapped))
    assert not is_public(str(translated))


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://host/x", "gopher://host", "//host/x", "http://", "http://h:99999/", ""]
)
def test_only_http_addresses_with_a_host_lead_somewhere(url):
    with pytest.raises(AddressRefused):
        endpoint(url)


def test_an_endpoint_is_host_and_port():
    assert endpoint("HTTPS://Image.TMDB.org/t/p/original/x.jpg") == ("image.tmdb.org", 443)
    assert endpoints(["http://[::1]:8080/3", "http://nas/"]) == {("::1", 8080), ("nas", 80)}
