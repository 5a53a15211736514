"""A small HTTP service for a digits network: one row in, one digit out, with the version that answered.

FastAPI turns functions into an HTTP interface and checks what comes in; uvicorn is the server that runs it.
Here it runs in a thread of the notebook and listens on this machine only (127.0.0.1, "loopback").
"""

import asyncio
import socket
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, ClassVar

import numpy as np
import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from helpers.deployment.batcher import Batcher
from helpers.deployment.drift import DriftMonitor

__all__ = ["Server", "digits_service"]

PATIENCE = 3
"""So many seconds a server that is stopped waits for requests that have begun."""
LONGEST = 10_000
"""So many bytes a request may have; 64 numbers written out in full are about 1,500."""

Pixel = Annotated[float, Field(ge=0, le=16, allow_inf_nan=False)]


class Picture(BaseModel):
    """What may come in: 64 numbers from 0 to 16 under "pixels", and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True)
    pixels: Annotated[list[Pixel], Field(min_length=64, max_length=64)]


class Answer(BaseModel):
    """What goes out."""

    digit: int
    logits: list[float]
    version: str


def digits_service(
    predict: Callable[[np.ndarray], np.ndarray],
    version: str,
    *,
    max_batch: int = 1,
    window: float = 0.0,
    monitor: DriftMonitor | None = None,
    size: int = 100,
) -> FastAPI:
    """The service around `predict`, rows (n, 64) float32 → logits (n, 10).

    - `POST /predict` takes {"pixels": [64 numbers from 0 to 16]}; anything else is refused with status 422
      and a reason that repeats nothing of what was sent. (400: what cannot be read at all; 413: too long.)
    - `GET /status` tells the version, how many rows were answered, in how many batches, and whether the last
      `size` rows have drifted (null until there are as many, or without a calibrated monitor).
    - `max_batch` and `window`, in seconds, are those of `Batcher`.
    """
    batcher = Batcher(predict, max_batch, window)
    last: deque[np.ndarray] = deque(maxlen=size)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        worker = asyncio.create_task(batcher.run())
        yield
        worker.cancel()

    app = FastAPI(title="digits", version=version, lifespan=lifespan, max_body_size=LONGEST)

    @app.exception_handler(RequestValidationError)
    async def refuse(request: Request, error: RequestValidationError) -> JSONResponse:
        reasons = [{"where": list(one["loc"]), "reason": one["msg"]} for one in error.errors()]
        return JSONResponse({"refused": reasons[:3]}, status_code=422)

    @app.post("/predict")
    async def answer(picture: Picture) -> Answer:
        row = np.array(picture.pixels, np.float32)
        last.append(row)
        logits = await batcher(row)
        return Answer(digit=int(logits.argmax()), logits=logits.tolist(), version=version)

    @app.get("/status")
    async def status() -> dict[str, Any]:
        ready = monitor is not None and len(last) == size
        return {
            "version": version,
            "rows": sum(batcher.sizes),
            "batches": len(batcher.sizes),
            "drift": monitor.alarm(np.array(last)) if monitor and ready else None,
        }

    return app


class Server:
    """An app behind HTTP, in a thread of this process, on a free port of this machine.

    The thread is a daemon: should nobody call `stop`, it ends with the process. A new server first stops the
    one before, so that a cell can be run again. As `with Server(app) as server:` it stops at the block's end,
    also after an error.

    >>> app = digits_service(lambda X: X[:, :10], "1.0")
    >>> with Server(app) as server:
    ...     server.url.startswith("http://127.0.0.1:"), server.runs
    (True, True)
    >>> server.runs
    False
    """

    running: "ClassVar[Server | None]" = None

    def __init__(self, app: FastAPI) -> None:
        if Server.running:
            Server.running.stop()
        # named TCP, so that asyncio sends an answer at once and does not wait 40 ms for more to send
        self._listener = listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))  # port 0: the system chooses a free one
        self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            app, log_level="error", lifespan="on", ws="none", timeout_graceful_shutdown=PATIENCE
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        Server.running = self
        deadline = time.monotonic() + 30
        while not self._server.started:
            if not self.runs or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("The server did not start; its thread ended, or took over 30 seconds.")
            time.sleep(0.005)

    @property
    def runs(self) -> bool:
        """Whether it is there to answer."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Let it finish what it has begun, `PATIENCE` seconds at most, and end it; once more does nothing."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listener.close()
        if Server.running is self:
            Server.running = None

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
