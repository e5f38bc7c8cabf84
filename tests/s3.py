"""A real S3 server, moto's, in a process of the tests: an address, credentials, and fresh buckets."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager


class Server:
    """What a test needs of the server.

    Attributes:
        variables: of the environment, with which clients come to it.
    """

    def __init__(self, address: str) -> None:
        self.variables = {
            "AWS_ENDPOINT_URL": address,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }
        self._address = address

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
    from moto.server import ThreadedMotoServer  # loads in a second what few tests need

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Server(f"http://{host}:{port}")
    finally:
        server.stop()
