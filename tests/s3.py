"""A real S3 server, moto's, in a process of the tests: an address, credentials, fresh buckets, and faults on demand."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Fault = Callable[[str, str], int | None]
"""From a request's verb and path to the status that it gets instead of an answer; None: it is answered."""


class Server:
    """What a test needs of the server.

    Attributes:
        variables: of the environment, with which clients come to it.
        fault: decides which requests fail.
        changes: gives the bytes of an answer that come instead of the right ones, by verb, path and bytes.
        goes_on: while it is not set, no request is answered.
    """

    def __init__(self, app: Any) -> None:
        self.variables: dict[str, str] = {}
        self.fault: Fault | None = None
        self.changes: Callable[[str, str, bytes], bytes] | None = None
        self.goes_on = threading.Event()
        self.goes_on.set()
        self._app = app
        self._address = ""

    def listens_at(self, address: str) -> None:
        self._address = address
        self.variables = {
            "AWS_ENDPOINT_URL": address,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }

    def mend(self) -> None:
        """Ends all faults."""
        self.fault = self.changes = None
        self.goes_on.set()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answers a request, as a WSGI application."""
        verb, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.goes_on.wait()
        status = self.fault(verb, path) if self.fault is not None else None
        if status is not None:
            start_response(f"{status} Fault", [("Content-Length", "0")])
            return [b""]
        body = self._app(environ, start_response)
        if self.changes is None or verb != "GET":
            return body
        return [self.changes(verb, path, b"".join(body))]

    def make_bucket(self) -> str:
        """A new bucket's URL."""
        import boto3

        name = f"bucket-{secrets.token_hex(6)}"
        client = boto3.client(
            "s3",
            endpoint_url=self._address,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        client.create_bucket(Bucket=name)
        client.close()
        return f"s3://{name}"


@contextmanager
def serving() -> Iterator[Server]:
    # Loads in a second what few tests need.
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = Server(DomainDispatcherApplication(create_backend_app))
    listening = make_server("127.0.0.1", 0, server, threaded=True)
    server.listens_at(f"http://127.0.0.1:{listening.server_port}")
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.mend()
        listening.shutdown()
        thread.join()
        listening.server_close()
