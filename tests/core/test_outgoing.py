"""Requests that leave the house reach public addresses and those a county allows, and nothing else."""
import ipaddress
import socket

import pytest
from support import receivers

from grid321.core import outgoing
from grid321.core.outgoing import Failure

pytestmark = pytest.mark.once

PUBLIC = ("8.8.8.8", "114.114.114.114", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "172.32.0.1", "192.0.1.1",
    "100.63.255.255",
          "100.128.0.1", "11.0.0.1")
NOT_PUBLIC = (
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.255", "192.0.0.1",
        "192.0.0.192",
    "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "192.88.99.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "168.63.129.16",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1", "2001::1", "2001:db8::1",
        "fc00::1",
    "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1")


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_may_be_asked(text):
    assert outgoing.may_ask(ipaddress.ip_address(text), ())


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_that_is_not_public_may_not_be_asked(text):
    assert not outgoing.may_ask(ipaddress.ip_address(text), ())


@pytest.mark.parametrize(("text", "entry"), [
    ("10.20.3.4", "10.20.0.0/16"), ("::ffff:10.20.3.4", "10.20.0.0/16"), ("192.168.9.9", "192.168.9.9"), ("127.0.0.1",
        "127.0.0.1/32"),
    ("fd12::5", "fd12::/32"), ("64:ff9b::a14:304", "10.20.0.0/16")])
def test_a_private_address_on_the_countys_list_may_be_asked(text, entry):
    assert outgoing.may_ask(ipaddress.ip_address(text), outgoing.networks(entry))


@pytest.mark.parametrize("text", ["169.254.169.254", "::ffff:169.254.169.254", "100.100.100.200", "192.0.0.192", "fe80::1",
    "0.0.0.0",
                                  "224.0.0.1", "fd00:ec2::254"])
def test_metadata_and_link_local_addresses_are_never_asked_whatever_is_allowed(text):
    everything = outgoing.networks("169.0.0.0/8 100.0.0.0/8 192.0.0.0/8 0.0.0.0/8 224.0.0.0/8 fe80::/32 fd00::/32")
    assert not outgoing.may_ask(ipaddress.ip_address(text), everything)


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "10.0.0.0/7", "10.0.0.1/8", "gateway.example", "10.20.0.0/16 x",
    "10.0.0.0/33"])
def test_a_list_of_networks_that_cannot_be_meant_is_refused(text):
    with pytest.raises(ValueError, match="."):
        outgoing.networks(text)


@pytest.mark.parametrize("host", [
    "localhost", "127.0.0.1", "127.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "0", "::1",
    "::ffff:127.0.0.1", "0:0:0:0:0:ffff:7f00:1", "127.0.0.1."])
def test_every_way_of_writing_this_host_is_seen_through(host):
    with pytest.raises(Failure) as failure:
        outgoing.resolve(host, 80)
    assert failure.value.reason in {"private", "name", "url_host"}


@pytest.mark.parametrize("host", ["fe80::1%lo", "127.0.0.1%25lo", "a b", "", "例子.cn", "a/b", "x" * 300])
def test_names_with_a_zone_or_odd_characters_are_refused(host):
    with pytest.raises(Failure, match="url_host"):
        outgoing.resolve(host, 80)


def names(monkeypatch, *addresses):
    """Let every name have these addresses, and count how often it is asked for."""
    asked = []

    def answer(host, port, *_rest, **_named):
        asked.append(host)
        return [(socket.AF_INET6 if ":" in text else socket.AF_INET, socket.SOCK_STREAM, 6, "", (text,
            port)) for text in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


def test_a_name_that_points_to_this_host_is_refused(monkeypatch):
    names(monkeypatch, "127.0.0.1")
    with pytest.raises(Failure, match="private"):
        outgoing.resolve("hook.example.org", 443)


def test_one_private_address_among_public_ones_refuses_the_name(monkeypatch):
    names(monkeypatch, "8.8.8.8", "10.0.0.5")
    with pytest.raises(Failure, match="private"):
        outgoing.resolve("hook.example.org", 443)


def test_a_link_local_answer_with_a_zone_is_refused(monkeypatch):
    names(monkeypatch, "fe80::1%eth0")
    with pytest.raises(Failure, match="private"):
        outgoing.resolve("hook.example.org", 443, outgoing.networks("fe80::/32"))


def test_the_connection_goes_to_the_address_that_was_checked_and_the_name_is_asked_once(monkeypatch):
    with receivers.http_server() as server:
        asked = names(monkeypatch, "127.0.0.1")
        connected = []
        real = socket.create_connection
        monkeypatch.setattr(socket, "create_connection", lambda address, *rest,
            **named: connected.append(address) or real(address, *rest, **named))
        answer = outgoing.request("POST", f"http://gateway.intranet:{server.port}/x?y=1", b"body", {},
            allowed=outgoing.networks("127.0.0.1"))
    assert answer.status == 200
    assert asked[0] == "gateway.intranet" and asked.count("gateway.intranet") == 1
    assert connected == [("127.0.0.1", server.port)]
    [heard] = server.heard
    assert (heard.method, heard.path, heard.body) == ("POST", "/x?y=1", b"body")
    assert heard.headers["Host"] == f"gateway.intranet:{server.port}"


def test_the_certificate_must_name_the_host_that_was_asked_for(tmp_path, monkeypatch):
    found = receivers.identity(tmp_path, ("gateway.intranet",), here=False)
    with receivers.http_server(found) as server:
        names(monkeypatch, "127.0.0.1")
        allowed = outgoing.networks("127.0.0.1")
        good = outgoing.request("POST", f"https://gateway.intranet:{server.port}/", b"", {}, allowed=allowed, ca=found.pem)
        assert good.status == 200
        for host, ca in (("other.intranet", found.pem), ("gateway.intranet", "")):
            with pytest.raises(Failure, match="certificate"):
                outgoing.request("POST", f"https://{host}:{server.port}/", b"", {}, allowed=allowed, ca=ca)


def test_a_redirect_is_an_answer_and_is_not_followed():
    with receivers.http_server() as server:
        server.answer, server.location = lambda heard: (302, b""), f"http://127.0.0.1:{server.port}/other"
        answer = outgoing.request("POST", server.url, b"", {}, allowed=outgoing.networks("127.0.0.1"))
    assert answer.status == 302 and len(server.heard) == 1


def test_an_endless_answer_is_cut():
    with receivers.http_server() as server:
        server.answer = lambda heard: (200, b"x" * (outgoing.ANSWER_BYTES + 1))
        with pytest.raises(Failure, match="too_long"):
            outgoing.request("POST", server.url, b"", {}, allowed=outgoing.networks("127.0.0.1"))


@pytest.mark.parametrize(("first", "drip"), [(b"", b""), (b"HTTP/1.1 200 OK\r\n", b"X-Drip: 1\r\n"),
                                             (b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", b"x")])
def test_a_machine_that_is_silent_or_drips_is_given_up(first, drip):
    with receivers.silent_server(first, drip) as port, pytest.raises(Failure, match="timeout|dropped"):
        outgoing.request("POST", f"http://127.0.0.1:{port}/", b"", {}, allowed=outgoing.networks("127.0.0.1"), seconds=0.4)


def test_a_silent_tls_machine_is_given_up(tmp_path):
    with receivers.silent_server() as port, pytest.raises(Failure, match="timeout|tls"):
        outgoing.request("POST", f"https://127.0.0.1:{port}/", b"", {}, allowed=outgoing.networks("127.0.0.1"), seconds=0.4)


def test_without_encryption_only_allowed_networks_are_asked(monkeypatch):
    names(monkeypatch, "8.8.8.8")
    with pytest.raises(Failure, match="plain"):
        outgoing.request("POST", "http://hook.example.org/", b"", {})


@pytest.mark.parametrize("url", [
    "ftp://example.org/", "file:///etc/passwd", "//example.org", "example.org", "http://", "https://example.org:0/",
        "https://example.org:99999/",
    "https://user:word@example.org/", "https://example.org/#part", "https://exa mple.org/", "https://example.org/\r\nX: y",
        "https://例子.cn/",
    "https://[fe80::1%25eth0]/", "https://example.org\\@127.0.0.1/", ""])
def test_an_address_that_cannot_be_meant_is_refused(url):
    with pytest.raises(Failure, match="url"):
        outgoing.read_url(url)


def test_nobody_answers_on_a_closed_port():
    with pytest.raises(Failure, match="connect"):
        outgoing.request("POST", f"http://127.0.0.1:{receivers.free_port()}/", b"", {}, allowed=outgoing.networks("127.0.0.1"))
