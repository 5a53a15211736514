"""The child's side: runs the cells of one notebook and the probes of its tasks, as it is told.

Whatever it says is data from a stranger to the grader: a learner's code shares this process.
"""

import contextlib
import functools
import io
import os
import re
import signal
import struct
import sys
from collections.abc import Callable
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell

from helpers.checks import wire
from helpers.checks.probing import TimeIsUp, observe, time_limit

MOST_OUTPUT = 60_000  # characters of all that one cell puts out
MOST_PICTURE = 1_500_000
_HEAD = struct.Struct(">I")


class Outputs:
    """What one cell puts out, in the form of a notebook, up to a limit."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self.room = MOST_OUTPUT

    def stream(self, name: str, text: str) -> None:
        """Add printed text."""
        text = self._cut(text)
        if not text:
            return
        if self.kept and self.kept[-1].get("name") == name:
            self.kept[-1]["text"] += text
        else:
            self.kept.append({"output_type": "stream", "name": name, "text": text})

    def data(self, kind: str, data: dict[str, Any]) -> None:
        """Add something that is shown: its text, and its picture."""
        kept = {"text/plain": self._cut(str(data.get("text/plain", "")))}
        picture = data.get("image/png")
        if isinstance(picture, str) and len(picture) < MOST_PICTURE:
            kept["image/png"] = picture
        if any(kept.values()):
            self.kept.append({"output_type": kind, "data": kept})

    def error(self, kind: str, message: str, lines: list[str]) -> None:
        """Add an error."""
        trace = self._cut("\n".join(lines)).split("\n")
        self.kept.append(
            {"output_type": "error", "ename": kind, "evalue": message[:1000], "traceback": trace}
        )

    def _cut(self, text: str) -> str:
        if self.room <= 0 or len(self.kept) > 200:
            return ""
        whole, text = len(text), text[: self.room]
        self.room -= len(text)
        return text if len(text) == whole else text + "\n… (more was printed, and is left out)\n"


OUTPUTS = [Outputs()]


class _Stream(io.TextIOBase):
    encoding = "utf-8"

    def __init__(self, name: str) -> None:
        self.name = name

    def write(self, text: str) -> int:
        OUTPUTS[-1].stream(self.name, text)
        return len(text)

    def isatty(self) -> bool:
        return False


class _Hook(DisplayHook):
    def start_displayhook(self) -> None:
        pass

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        OUTPUTS[-1].data("execute_result", format_dict)

    def finish_displayhook(self) -> None:
        pass


class _Publisher(DisplayPublisher):
    def publish(self, data: Any, metadata: Any = None, *_: Any, **__: Any) -> None:
        OUTPUTS[-1].data("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        pass


class _Shell(InteractiveShell):
    displayhook_class = _Hook
    display_pub_class = _Publisher

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in stb]
        OUTPUTS[-1].error(getattr(etype, "__name__", "Error"), str(evalue), plain)

    def enable_gui(self, gui: Any = None) -> None:
        pass

    def ask_exit(self) -> None:
        pass


class Session:
    """One notebook that is run; made in the warm parent, used in a child."""

    def __init__(self) -> None:
        from helpers.checks.probes import PROBES  # type: ignore[import-not-found]  # only in the sandbox

        self.probes = PROBES
        HistoryManager.enabled = False  # type: ignore[assignment]
        self.shell = _Shell.instance()
        self.shell.colors = "nocolor"

    def serve(self, channel: int) -> None:
        """Do what comes over the channel, until it is closed."""
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115  (as long as the process lives)
        sys.stdout, sys.stderr = _Stream("stdout"), _Stream("stderr")
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        pipe = os.fdopen(channel, "rb", buffering=0, closefd=False)
        while True:
            head = _exactly(pipe, _HEAD.size)
            if not head:
                return
            order = wire.loads(_exactly(pipe, _HEAD.unpack(head)[0]))
            if order["do"] == "run":
                reply = self.run(order)
            else:
                reply = self.probe(order, functools.partial(_asked, pipe, order["nonce"]))
            _send(channel, {**reply, "nonce": order["nonce"]})

    def run(self, order: dict[str, Any]) -> dict[str, Any]:
        """Run a cell; what it put out, and the kind of error that ended it."""
        OUTPUTS.append(Outputs())
        with contextlib.redirect_stdout(_Stream("stdout")), contextlib.redirect_stderr(_Stream("stderr")):
            try:
                with time_limit(order["seconds"]):
                    result = self.shell.run_cell(order["source"], store_history=True)
                error = result.error_before_exec or result.error_in_exec
            except (TimeIsUp, SystemExit, KeyboardInterrupt) as caught:
                error = caught
        return {"outputs": OUTPUTS[-1].kept, "error": type(error).__name__ if error else ""}

    def probe(self, order: dict[str, Any], answer: Callable[..., Any]) -> dict[str, Any]:
        """Run the probe of a task on what the learner made, for one case."""
        space = self.shell.user_ns
        if order["name"] not in space:
            own = [str(name)[:60] for name, value in space.items() if callable(value)]
            return {"names": [name for name in own if not name.startswith("_")][:200]}
        seen = observe(
            self.probes[order["task"]],
            space[order["name"]],
            order["case"],
            seconds=order["seconds"],
            counting=order["counting"],
            answer=answer,
        )
        is_seen = isinstance(seen.value, dict) and seen.answer is seen.value.get("answer", seen)
        return {"seen": wire.from_observation(seen, is_seen=is_seen)}


def _exactly(pipe: Any, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = pipe.read(size - len(data))
        if not piece:
            return b""
        data += piece
    return data


def _asked(pipe: Any, nonce: str, name: str, *arguments: Any) -> Any:
    """What the grader answers to a question of the probe."""
    _send(pipe.fileno(), {"ask": name, "arguments": list(arguments), "nonce": nonce})
    reply = wire.loads(_exactly(pipe, _HEAD.unpack(_exactly(pipe, _HEAD.size))[0]))
    if "error" in reply:
        raise ValueError(reply["error"])
    return reply["value"]


def _send(channel: int, message: dict[str, Any]) -> None:
    data = wire.dumps(message)
    view = memoryview(_HEAD.pack(len(data)) + data)
    while view:
        view = view[os.write(channel, view) :]
