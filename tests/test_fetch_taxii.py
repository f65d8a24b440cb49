"""A real TAXII 2.1 server on loopback is asked; what it refuses and what goes wrong is told."""

from __future__ import annotations

import gzip
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import tls_samples
from glasshouse.errors import ReadError
from glasshouse.know.fetch import taxii
from glasshouse.known import Indicator
from glasshouse.leaf import fetchers
from glasshouse.records import Trouble

EXAMPLE = Path(__file__).parent / "examples" / "fetchers" / "taxii"
BUNDLE = json.loads((EXAMPLE / "bundle.json").read_text())
ROOT = "trust/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/"


@contextmanager
def served(app, **options):
    """A WSGI application on a free port of loopback."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, *_args):
            pass

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet, **options)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture(scope="module")
def medallion():
    """The real server's application, its pages two objects long, filled through its own API."""
    pytest.importorskip("medallion", reason="medallion, the TAXII server of the tests, is not installed")
    from flask import Flask
    from medallion import (
        auth,
        handle_backend_error,
        handle_error,
        handle_processing_error,
        register_blueprints,
        set_config,
    )
    from medallion.exceptions import BackendError, ProcessingError

    app = Flask("medallion")
    app.register_error_handler(500, handle_error)
    app.register_error_handler(ProcessingError, handle_processing_error)
    app.register_error_handler(BackendError, handle_backend_error)
    settings = {
        "users": {"reader": "pass word"},
        "taxii": {"max_page_size": 2},
        "backend": {
            "module": "medallion.backends.memory_backend",
            "module_class": "MemoryBackend",
            "check_interval": 3_600,
            "filename": str(EXAMPLE / "medallion.json"),
        },
    }
    assert auth
    for name in settings:
        set_config(app, name, settings)
    register_blueprints(app)
    media = {"Content-Type": taxii.MEDIA, "Accept": taxii.MEDIA}
    answer = app.test_client().post(
        f"/{ROOT}objects/", json={"objects": BUNDLE["objects"]}, headers=media, auth=("reader", "pass word")
    )
    assert answer.status_code == 202, answer.data
    assert answer.json["success_count"] == len(BUNDLE["objects"])
    return app


@pytest.fixture(scope="module")
def url(medallion):
    with served(medallion) as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture
def password(monkeypatch):
    monkeypatch.setenv("TEST_TAXII_PASSWORD", "pass word")
    return {"user": "reader", "password": "${env:TEST_TAXII_PASSWORD}"}


def asked(**options):
    found = list(taxii.fetch({key.replace("_", "-"): value for key, value in options.items()}))
    return [one for one in found if isinstance(one, Indicator)], [x for x in found if isinstance(x, Trouble)]


def refused(**options):
    with pytest.raises(ReadError) as caught:
        asked(**options)
    assert caught.value.next_step
    assert "pass word" not in str(caught.value)
    return caught.value.what


def test_it_is_a_fetcher_with_secrets():
    assert fetchers()["taxii"] is taxii
    assert set(taxii.SECRETS) <= set(taxii.OPTIONS)


def test_all_pages_of_a_collection_are_read(url, password):
    indicators, troubles = asked(url=url + ROOT, feed="trust group", **password)
    assert {(one.type, one.value) for one in indicators} == {
        ("domain", "recon.example.net"),
        ("ip", "198.51.100.7"),
        ("cidr", "2001:db8:bad::/48"),
        ("tool", "recon-sweeper"),
        ("email", "recruiter@mail.example.org"),
    }
    first = next(one for one in indicators if one.value == "recon.example.net")
    assert (first.feed, first.confidence) == ("Example ISAC", 85)
    assert first.reference == "indicator--00000000-0000-4000-8000-000000000001"
    assert next(one for one in indicators if one.type == "tool").feed == "trust group"
    assert [one.reason for one in troubles] == ["1 left out: revoked"]


@pytest.mark.parametrize("at", ["trust/", "taxii2/"])
@pytest.mark.parametrize("name", ["Recon feed", "91a7b528-80eb-42ed-a74d-c6fbd5a26116"])
def test_a_collection_is_found_by_its_name_from_root_and_discovery(url, password, at, name):
    """Discovery also names a root on another server: it is not asked."""
    indicators, _ = asked(url=url + at, collection=name, **password)
    assert len(indicators) == 5


def test_only_what_was_added_after_a_time(url, password):
    everything, _ = asked(url=url + ROOT, added_after="1d", **password)
    nothing, _ = asked(url=url + ROOT, added_after="2199-01-01", **password)
    assert (len(everything), len(nothing)) == (5, 0)
    assert "added-after" in refused(url=url + ROOT, added_after="soon", **password)


def test_what_a_server_refuses_is_told(url, password):
    assert refused(url=url + ROOT) == "answers 401"
    assert refused(url=url + ROOT, user="reader", password="wrong") == "answers 401"
    drop_box = url + "trust/collections/52892447-4d7e-4f70-b94d-d7f22742ff63/"
    assert refused(url=drop_box, **password) == "answers 403"
    assert refused(url=url + "trust/collections/nothing/", **password) == "answers 404"
    assert "no collection Nothing" in refused(url=url + "trust/", collection="Nothing", **password)


def test_tls_is_verified(medallion, password, tmp_path):
    tls = tls_samples.make(tmp_path)
    with served(medallion, ssl_context=tls.server()) as port:
        there = f"https://127.0.0.1:{port}/{ROOT}"
        indicators, _ = asked(url=there, ca=str(tls.authority), **password)
        assert len(indicators) == 5
        assert refused(url=there, **password) == "its certificate is not trusted"
    assert "cannot be read" in refused(url=there, ca=str(tmp_path / "missing.pem"))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "no https address"),
        ({"url": "ftp://192.0.2.1/"}, "no https address"),
        ({"url": "https://[::1"}, "no https address"),
        ({"url": "http://192.0.2.1/x/"}, "plain http"),
        ({"url": "https://u:p@192.0.2.1/x/"}, "holds a password"),
        ({"url": "https://192.0.2.1/", "pasword": "x"}, "no option pasword"),
        ({"url": "https://192.0.2.1/", "token": "a\r\nHost: b"}, "characters"),
        ({"url": "https://192.0.2.1/", "token": "${env:NOT_SET_ANYWHERE}"}, "NOT_SET_ANYWHERE"),
        ({"url": "http://127.0.0.1:1/x/"}, "cannot be reached"),
    ],
)
def test_wrong_settings_are_told_before_anything_is_asked(options, reason):
    assert reason in refused(**options)


# -- servers that misbehave


@contextmanager
def scripted(answer):
    """A server that answers each request by ``answer(path, headers) -> (status, headers, body)``."""
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append((self.path, self.headers))
            status, headers, body = answer(self.path, self.headers)
            self.send_response(status)
            for key, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/collections/c/", requests
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def page(number, **more):
    one = {"type": "ipv4-addr", "id": f"ipv4-addr--{number}", "value": f"198.51.100.{number}"}
    return json.dumps({"objects": [one], **more}).encode()


def test_the_token_and_the_media_type_are_sent(monkeypatch):
    monkeypatch.setenv("TEST_TAXII_TOKEN", "s3cret-token")
    with scripted(lambda _path, _headers: (200, {}, page(1))) as (url, requests):
        indicators, _ = asked(url=url, token="${env:TEST_TAXII_TOKEN}", added_after="2026-01-02")
    assert [one.value for one in indicators] == ["198.51.100.1"]
    path, headers = requests[0]
    assert headers["Authorization"] == "Bearer s3cret-token"
    assert headers["Accept"] == "application/taxii+json;version=2.1"
    assert "added_after=2026-01-02T00%3A00%3A00.000000Z" in path


def test_pages_without_next_go_on_from_the_last_time():
    def answer(path, _headers):
        if "added_after" in path:
            return 200, {}, page(2, more=False)
        return 200, {"X-TAXII-Date-Added-Last": "2026-01-01T00:00:00.000001Z"}, page(1, more=True)

    with scripted(answer) as (url, _):
        indicators, _ = asked(url=url)
    assert [one.value for one in indicators] == ["198.51.100.1", "198.51.100.2"]


@pytest.mark.parametrize("more", [{"next": "x"}, {}])
def test_a_page_that_never_ends_is_left(more):
    with scripted(lambda _path, _headers: (200, {}, page(1, more=True, **more))) as (url, requests):
        assert refused(url=url) == "answers the same page again"
    assert len(requests) < 4


def test_pages_objects_and_time_are_limited(monkeypatch):
    count = iter(range(1000))
    with scripted(lambda _path, _headers: (200, {}, page(1, more=True, next=str(next(count))))) as (url, _):
        monkeypatch.setattr(taxii, "PAGES", 3)
        assert "more than 3 pages" in refused(url=url)
        monkeypatch.setattr(taxii, "OBJECTS", 1)
        assert "more than 1 objects" in refused(url=url)
        monkeypatch.setattr(taxii, "WITHIN", -1.0)
        assert "took longer" in refused(url=url)


def test_a_slow_server_is_left(monkeypatch):
    import httpx

    monkeypatch.setattr(taxii, "TIMEOUT", httpx.Timeout(0.2))
    gate = threading.Event()
    with scripted(lambda _path, _headers: (200, {}, b"{}" * gate.wait(5))) as (url, _):
        assert refused(url=url) == "does not answer in time"
        gate.set()


def test_a_packed_bomb_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(taxii, "LARGEST", 1_000_000)
    bomb = gzip.compress(b" " * 50_000_000)
    with scripted(lambda _path, _headers: (200, {"Content-Encoding": "gzip"}, bomb)) as (url, _):
        assert "at once" in refused(url=url)


@pytest.mark.parametrize(
    "body", [b"<html>", b"[1]", b'{"objects": ', b"[" * 100_000, b"\xff\xfe"], ids=lambda body: str(body[:9])
)
def test_what_is_not_taxii_is_told(body):
    with scripted(lambda _path, _headers: (200, {}, body)) as (url, _):
        assert refused(url=url) == "the answer is not TAXII 2.1"


def test_an_empty_collection_is_no_trouble():
    for body in (b"", b"{}", b'{"objects": []}'):
        with scripted(lambda _path, _headers, body=body: (200, {}, body)) as (url, _):
            assert asked(url=url) == ([], [])


@pytest.mark.parametrize(
    "to", ["http://127.0.0.2:9/x/", "https://elsewhere.example.org/", "//203.0.113.9/", ""]
)
def test_no_password_goes_to_another_server(to, password):
    with scripted(lambda _path, _headers: (302, {"Location": to} if to else {}, b"")) as (url, requests):
        assert refused(url=url, **password) in (
            "points to another server",
            "answers 302",
            "redirects in a circle",
        )
    assert len(requests) <= 4


def test_a_redirect_on_the_same_server_is_followed():
    def answer(path, _headers):
        if path.startswith("/api"):
            return 308, {"Location": "/moved/objects/?limit=5"}, b""
        return 200, {}, page(3)

    with scripted(answer) as (url, requests):
        indicators, _ = asked(url=url)
    assert [one.value for one in indicators] == ["198.51.100.3"]
    assert requests[1][0] == "/moved/objects/?limit=5"
