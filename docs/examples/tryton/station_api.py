"""The few requests to a station that the examples make: a page of records, a document, an order sent."""

import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request

TRIES = 5  # of a request that is told to come again later


class RefusedError(Exception):
    """The station refused; the sentence says why."""

    def __init__(self, status: int, sentence: str):
        super().__init__(sentence)
        self.status = status


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A station sends nobody elsewhere, and the token must not go there."""

    def redirect_request(self, *_: object) -> None:
        return None


class Station:
    """A station at an address such as ``https://cell-3.example``, asked with a token of the role `mes`."""

    def __init__(self, address: str, token: str):
        self._address, self._token = address.rstrip("/"), token
        self._opener = urllib.request.build_opener(_NoRedirect)

    def page(self, after: str | None, limit: int) -> tuple[list[dict], str]:
        """Records behind a cursor (None: the first ones) with their documents, and the cursor to go on after.

        Numbers become Python floats: the very doubles that the station decided on.
        """
        query = {"limit": limit, "include": "body"} | ({"after": after} if after else {})
        page = json.loads(self._ask("GET", f"/v1/records?{urllib.parse.urlencode(query)}"))
        return page["records"], page["next"]

    def document(self, sha256: str) -> dict:
        """A document that a record names, here its order."""
        return json.loads(self._ask("GET", f"/v1/documents/{sha256}"))

    def put_order(self, order_id: str, order: bytes, drawing: bytes | None = None) -> bool:
        """Sends an order, with its drawing if it has one. Returns whether it was new there."""
        body, kind = order, "application/json"
        if drawing is not None:
            boundary = secrets.token_hex(16)
            kind = f"multipart/form-data; boundary={boundary}"
            body = b"".join(
                f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'.encode()
                + data
                + b"\r\n"
                for name, data in (("order", order), ("drawing", drawing))
            )
            body += f"--{boundary}--\r\n".encode()
        place = urllib.parse.quote(order_id, safe="")
        return json.loads(self._ask("PUT", f"/v1/orders/{place}", body, kind))["created"]

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {self._token}"} | ({"Content-Type": kind} if kind else {})
        request = urllib.request.Request(self._address + path, body, headers, method=method)
        for waited in range(TRIES):
            try:
                with self._opener.open(request, timeout=60) as answer:
                    return answer.read()
            except urllib.error.HTTPError as error:
                refusal = RefusedError(error.code, _sentence(error))
                if error.code not in (429, 503) or waited == TRIES - 1:
                    break
                time.sleep(min(float(error.headers.get("Retry-After", 1)), 60))
        raise refusal


def _sentence(error: urllib.error.HTTPError) -> str:
    try:
        return json.loads(error.read())["detail"]
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
