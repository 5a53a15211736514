"""The service over real HTTP on this machine: answers, refusals, its status, and its end."""

import json
import socket
import threading
import time
from contextlib import asynccontextmanager

import numpy as np
import pytest
from fastapi import FastAPI

from helpers import data
from helpers.deployment import service
from helpers.deployment.client import ask, ask_all
from helpers.deployment.drift import DriftMonitor
from helpers.deployment.service import Server, digits_service

FINE = [0.0] * 64


def first_ten(X):
    assert X.dtype == np.float32
    return X[:, :10]


@pytest.fixture(scope="module")
def port():
    with Server(digits_service(first_ten, "3.2", max_batch=8)) as server:
        yield server.port


def test_an_answer_has_digit_logits_and_version(port):
    row = [*range(16), *FINE[16:]]
    assert ask(port, "/predict", {"pixels": row}) == (
        200,
        {"digit": 9, "logits": [float(i) for i in range(10)], "version": "3.2"},
    )


REFUSED = {
    "too few": {"pixels": FINE[1:]},
    "too many": {"pixels": [*FINE, 0]},
    "too dark": {"pixels": [16.5, *FINE[1:]]},
    "negative": {"pixels": [-1, *FINE[1:]]},
    "a text": {"pixels": ["7", *FINE[1:]]},
    "a truth value": {"pixels": [True, *FINE[1:]]},
    "nothing": {"pixels": [None, *FINE[1:]]},
    "NaN": {"pixels": [float("nan"), *FINE[1:]]},
    "infinite": {"pixels": [float("inf"), *FINE[1:]]},
    "another field": {"pixels": FINE, "secret": "do not repeat me"},
    "no field": {},
    "a list": FINE,
    "no JSON": "do not repeat me",
    "nested": {"pixels": [[0.0] * 8] * 8},
    "a huge number": '{"pixels": [1e999' + ", 0" * 63 + "]}",
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_picture_is_refused_and_not_repeated(port, what):
    status, reply = ask(port, "/predict", REFUSED[what])
    assert status == 422
    assert 1 <= len(reply["refused"]) <= 3
    assert "do not repeat me" not in json.dumps(reply)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [('{"pixels": [' + "0, " * 10**6 + "0]}", 413), ("[" * 5000, 400), ("9" * 5000, 400)],
)
def test_what_is_too_long_or_too_deep_is_refused_and_the_next_is_answered(port, sent, expected):
    assert ask(port, "/predict", sent)[0] == expected
    assert ask(port, "/predict", {"pixels": FINE})[0] == 200


def test_what_is_refused_is_not_counted_and_what_is_answered_is(port):
    before = ask(port, "/status")[1]["rows"]
    ask(port, "/predict", REFUSED["NaN"])
    ask_all(port, np.zeros((5, 64)), clients=2)
    assert ask(port, "/status")[1] == {
        "version": "3.2",
        "rows": before + 5,
        "batches": ask(port, "/status")[1]["batches"],
        "drift": None,
    }


def test_many_clients_get_their_own_answers_together(port):
    rows = data.load_digits().X[:50]
    asked = ask_all(port, rows, clients=16)
    np.testing.assert_array_equal([one["logits"] for one in asked.answers], rows[:, :10])
    assert asked.latency.shape == (50,)
    assert (asked.latency > 0).all()
    assert asked.throughput > 0


def test_the_client_says_which_status_it_met(port):
    with pytest.raises(RuntimeError, match="422"):
        ask_all(port, np.full((1, 64), 17.0))
    assert ask(port, "/nowhere")[0] == 404


def test_a_model_that_fails_is_an_error_of_the_server_and_the_next_row_is_answered():
    def fails_at_one(X):
        if X[0, 0] == 1:
            raise RuntimeError("broken")
        return X[:, :10]

    with Server(digits_service(fails_at_one, "1")) as server:
        assert ask(server.port, "/predict", {"pixels": [1.0, *FINE[1:]]}) == (500, "Internal Server Error")
        assert ask(server.port, "/predict", {"pixels": FINE})[0] == 200


def test_it_tells_of_drift_from_the_last_rows_on():
    X = data.load_digits().X
    monitor = DriftMonitor(X[:1000])
    monitor.calibrate(X[1000:1500], 50, 0.01, np.random.default_rng(0))
    with Server(digits_service(first_ten, "1", monitor=monitor, size=50)) as server:
        ask_all(server.port, X[1500:1549])
        assert ask(server.port, "/status")[1]["drift"] is None
        ask_all(server.port, X[1549:1550])
        assert ask(server.port, "/status")[1]["drift"] is False
        ask_all(server.port, X[1550:1600] / 2)
        assert ask(server.port, "/status")[1]["drift"] is True


def test_only_this_machine_is_listened_to_at_a_port_of_its_own():
    with Server(digits_service(first_ten, "1")) as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", server.port))


def test_it_ends_also_after_an_error_and_leaves_no_thread():
    with pytest.raises(KeyError), Server(digits_service(first_ten, "1")) as server:
        raise KeyError
    assert not server.runs
    server.stop()  # once more does nothing
    with pytest.raises(ConnectionError):
        ask(server.port, "/status")
    assert all(thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread())


def test_half_a_request_does_not_keep_it_from_ending(monkeypatch):
    monkeypatch.setattr(service, "PATIENCE", 1)
    server = Server(digits_service(first_ten, "1"))
    with socket.create_connection(("127.0.0.1", server.port)) as half, socket.socket() as silent:
        silent.connect(("127.0.0.1", server.port))
        half.send(b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{")
        time.sleep(0.2)
        server.stop()
        assert not server.runs


def test_a_new_server_stops_the_one_before():
    first = Server(digits_service(first_ten, "1"))
    second = Server(digits_service(first_ten, "2"))
    assert (first.runs, second.runs) == (False, True)
    assert ask(second.port, "/status")[1]["version"] == "2"
    second.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # uvicorn's own end
def test_an_app_that_cannot_start_is_told():
    @asynccontextmanager
    async def fails(app):
        raise RuntimeError
        yield

    with pytest.raises(RuntimeError, match="did not start"):
        Server(FastAPI(lifespan=fails))
