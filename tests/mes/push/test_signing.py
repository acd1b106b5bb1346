from __future__ import annotations

import base64
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from station.errors import InputError
from station.mes.push.signing import key_of, signed_headers

from .receiver import KEY_TEXT

BODY = b'{"test": 2432232314}'
AT = datetime.fromtimestamp(1614265330, UTC)
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_the_vector_of_the_reference_libraries():
    """github.com/standard-webhooks/standard-webhooks, the tests of its libraries."""
    headers = signed_headers(ID, BODY, [key_of(KEY_TEXT, "")], AT)
    assert headers == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_openssl_gets_the_same():
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    key = key_of(KEY_TEXT, "")
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary"]
    made = subprocess.run(command, input=f"{ID}.1614265330.".encode() + BODY, capture_output=True, check=True).stdout
    assert signed_headers(ID, BODY, [key], AT)["webhook-signature"] == "v1," + base64.b64encode(made).decode()


def test_an_old_and_a_new_key_sign_side_by_side():
    new = base64.b64encode(bytes(range(32))).decode()
    both = signed_headers(ID, BODY, [key_of(new, ""), key_of(KEY_TEXT, "")], AT)["webhook-signature"]
    assert both.split(" ")[1] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert len(both.split(" ")) == 2


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "short", "whsec_AAAA", "whsec_" + "A" * 400, "whsec_äöü", "a b c d" * 9]
)
def test_what_is_no_secret(secret: str):
    with pytest.raises(InputError, match="the secret must") as caught:
        key_of(secret, "webhook mes")
    assert caught.value.place == "webhook mes"
    assert not secret or secret not in str(caught.value)
