"""A mistake in services.toml stops the start, before a device is opened, with one sentence that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .program import station


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[api\n", "not TOML"),
        ("[apis]\n", "the key 'apis' is unknown"),
        ("[api]\nport = 1\n", "api: the key 'port' is unknown"),
        ("[api]\nbody_s = 0\n", "api.body_s: this must be more than 0"),
        ('[api]\ntls_certificate = "c.pem"\n', "api: TLS needs both"),
        ("[api]\nplain_http = true\n", "api: plain_http needs a plain_http_reason"),
        ('[api]\nallowed_hosts = ["https://cell-3"]\n', "api.allowed_hosts[0]: 'https://cell-3' is not the name"),
        ('[api]\nallowed_hosts = ["cell-3:8443"]\n', "api.allowed_hosts[0]"),
        ('[api]\nallowed_hosts = ["*"]\n', "api.allowed_hosts[0]"),
        ('[pages]\nviewers = ["everybody"]\n', "pages.viewers[0]: 'everybody' is not an address or a network"),
        ("[networks]\nthreads = 0\n", "networks.threads: threads must lie between 1 and 64"),
        ("[opcua]\nport = 99999\n", "opcua.port: 99999 is not a port"),
        ("[webhook]\nurl = 1\n", "each is a table of its own: [[webhook]]"),
    ],
)
@pytest.mark.parametrize("rig", ["twin", "devices"])
def test_a_mistake_stops_the_start(tmp_path: Path, rig: str, text: str, sentence: str) -> None:
    home, file = tmp_path / "home", tmp_path / "rig.toml"
    home.mkdir()
    (home / "services.toml").write_text(text)
    file.write_text("this is read later\n")
    refused = station(home, "run", *(() if rig == "twin" else ("--rig", file))).sentence
    assert sentence in refused
    assert str(home / "services.toml") in refused
    assert [path.name for path in home.iterdir()] == ["services.toml"], "nothing was begun"
