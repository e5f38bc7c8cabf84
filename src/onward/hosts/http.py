"""A host's HTTP interface: JSON in, JSON out, over the standard library.

It knows of rate limits, servers that fail for a while, and pages of lists, and waits for a limited time only. The token
goes to the address that it was made for and nowhere else: redirects are not followed, and no message holds it.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, NoReturn

from onward.base.errors import HostError
from onward.model.hosting import Answer

_TIMEOUT_S = 20.0
_TRIES = 4
_MOST_WAITED_S = 60.0
"""For all waits of one command together: a build does not stand still because a host does."""
_MOST_PAGES = 50
_PAGE_SIZE = 100


class NotThereError(HostError):
    """The host has nothing under that address, or does not show it to us."""

    code = "host"


@dataclass
class Api:
    """One host's interface, at one address.

    Attributes:
        server: the address that paths stand below.
        headers: of every request, with the token.
        wait: sleeps for a number of seconds.
        patience_s: how long may still be waited.
    """

    server: str
    headers: Mapping[str, str]
    wait: Callable[[float], None] = time.sleep
    patience_s: float = _MOST_WAITED_S
    _opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(_NoRedirect()), repr=False
    )

    def get(self, path: str) -> Answer:
        """What the host has at a path.

        Raises:
            NotThereError: nothing, or nothing that it shows.
            HostError: it cannot be asked, or refuses.
        """
        return self._send("GET", path, None)

    def pages(self, path: str) -> Iterator[Answer]:
        """The items of a list, page by page."""
        joint = "&" if "?" in path else "?"
        for number in range(1, _MOST_PAGES + 1):
            items = self.get(f"{path}{joint}per_page={_PAGE_SIZE}&page={number}")
            yield from items
            if len(items) < _PAGE_SIZE:
                return

    def post(self, path: str, body: Mapping[str, Any], *, is_repeatable: bool = False) -> Answer:
        """Adds something. Unless twice is as good as once, it is tried again only where the host refused to listen."""
        return self._send("POST", path, body, is_repeatable=is_repeatable)

    def patch(self, path: str, body: Mapping[str, Any]) -> Answer:
        return self._send("PATCH", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Answer:
        return self._send("PUT", path, body)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None, *, is_repeatable: bool = True) -> Answer:
        for attempt in range(1, _TRIES + 1):
            begun = time.monotonic()
            try:
                return self._once(method, path, body)
            except _PassingError as trouble:
                # A host that lets everybody wait for an answer costs as much as one that asks for it.
                self.patience_s -= time.monotonic() - begun
                pause = trouble.retry_after_s if trouble.retry_after_s is not None else 2.0 ** (attempt - 1)
                may_have_been_done = not trouble.is_unheard and not is_repeatable
                if attempt == _TRIES or pause > self.patience_s or may_have_been_done:
                    self._refuse(method, path, trouble.words)
                self.patience_s -= pause
                self.wait(pause)
        raise AssertionError("the last try returns or raises")

    def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        if not all(value.isascii() and value.isprintable() for value in self.headers.values()):
            # What the library would say of it holds the token.
            self._refuse(method, path, "nothing, for nothing was asked: the token holds what no header can")
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Accept": "application/json", "User-Agent": "onward", **self.headers}
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(f"{self.server}{path}", data, headers, method=method)
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                self._judge(method, path, error)
        except (OSError, HTTPException) as error:
            raise _PassingError(str(getattr(error, "reason", error))) from error
        try:
            return json.loads(content) if content.strip() else None
        except ValueError:
            self._refuse(method, path, "its answer is no JSON")

    def _judge(self, method: str, path: str, error: urllib.error.HTTPError) -> NoReturn:
        """Turns a refusal into what it means."""
        said = _message(error)
        words = f"{error.code} {said}".rstrip()
        if error.code == 404:
            raise NotThereError(_told(self.server, method, path, words))
        if error.code == 429 or _is_rate_limit(error.headers, error.code):
            raise _PassingError(words, _retry_after_s(error.headers), is_unheard=True)
        if error.code >= 500:
            raise _PassingError(words, _retry_after_s(error.headers))
        self._refuse(method, path, words)

    def _refuse(self, method: str, path: str, words: str) -> NoReturn:
        raise HostError(_told(self.server, method, path, words))


class _PassingError(Exception):
    """What may go well a moment later; `is_unheard`: the host has surely done nothing of what was asked."""

    def __init__(self, words: str, retry_after_s: float | None = None, *, is_unheard: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.retry_after_s = retry_after_s
        self.is_unheard = is_unheard


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token would go along."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        del req, fp, code, msg, headers, newurl


def _told(server: str, method: str, path: str, words: str) -> str:
    return f"{server} answers `{method} {path.partition('?')[0]}` with: {words}"


def _message(error: urllib.error.HTTPError) -> str:
    """The host's own words, on one line; they are its and not ours, so they are cut."""
    try:
        answer = json.loads(error.read(10_000))
    except (ValueError, OSError, HTTPException):
        return str(error.reason)
    said = answer.get("message") or answer.get("error") if isinstance(answer, dict) else None
    return " ".join(str(said or error.reason).split())[:200]


def _is_rate_limit(headers: Message, code: int) -> bool:
    return code == 403 and (headers.get("Retry-After") is not None or headers.get("X-RateLimit-Remaining") == "0")


def _retry_after_s(headers: Message) -> float | None:
    """How long the host asks us to wait, in seconds."""
    after = headers.get("Retry-After")
    if after is not None and after.isdigit():
        return float(after)
    reset = headers.get("X-RateLimit-Reset") or headers.get("RateLimit-Reset")
    if reset is not None and reset.isdigit():
        return max(float(reset) - time.time(), 0.0) + 1.0
    return None
