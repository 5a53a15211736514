"""A client of the digits service: it sends rows, from one or from many places at once, and takes the time."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Asked", "ask", "ask_all"]


@dataclass(frozen=True)
class Asked:
    """The answers in the order of the rows, what each took, `latency` (n,), and all of them, in seconds."""

    answers: list[dict[str, Any]]
    latency: np.ndarray
    seconds: float

    @property
    def throughput(self) -> float:
        """Answers a second."""
        return len(self.answers) / self.seconds


def ask(port: int, path: str, body: Any = None) -> tuple[int, Any]:
    """Send one request to this machine, POST with a body and GET without; return status and answer.

    body: what becomes JSON, or a text that is sent as it is.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        return _send(connection, path, body)
    finally:
        connection.close()


def ask_all(port: int, rows: np.ndarray, clients: int = 1) -> Asked:
    """Send every row (n, 64) to `/predict`, by as many clients at once.

    Each client sends its next row when it has the answer to the one before, over one connection.
    Raises RuntimeError when a row is not answered.
    """
    starts = [rows[i::clients] for i in range(clients)]
    begin = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        parts = list(pool.map(lambda own: _one_client(port, own), starts))
    seconds = time.perf_counter() - begin
    answers: list[Any] = [None] * len(rows)
    latency = np.empty(len(rows))
    for i, part in enumerate(parts):
        answers[i::clients] = [answer for answer, _ in part]
        latency[i::clients] = [taken for _, taken in part]
    return Asked(answers, latency, seconds)


def _one_client(port: int, rows: Sequence[np.ndarray] | np.ndarray) -> list[tuple[Any, float]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    found = []
    try:
        for row in rows:
            begin = time.perf_counter()
            status, answer = _send(connection, "/predict", {"pixels": np.asarray(row, float).tolist()})
            found.append((answer, time.perf_counter() - begin))
            if status != 200:
                raise RuntimeError(f"A row was refused with status {status}: {answer}")
    finally:
        connection.close()
    return found


def _send(connection: http.client.HTTPConnection, path: str, body: Any) -> tuple[int, Any]:
    if body is None:
        connection.request("GET", path)
    else:
        text = body if isinstance(body, str) else json.dumps(body)
        connection.request("POST", path, text, {"Content-Type": "application/json"})
    response = connection.getresponse()
    said = response.read()
    is_json = response.getheader("Content-Type", "").startswith("application/json")
    return response.status, json.loads(said) if is_json else said.decode()
