"""The warm parent: imports what submissions need once, then forks a child with its own namespaces for each.

Started as `python -I nursery.py CONTROL SETTINGS` inside the sandbox, where CONTROL is a socket's number. No
code of a learner ever runs in this process. Two sockets come for each submission: the channel, over which the
child is told what to run, and the leash, which its keeper holds: the child dies when the other end is closed.
"""

import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
from typing import Any

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID = 0x00020000, 0x08000000, 0x20000000
MS_NOSUID, MS_NODEV, PR_CAPBSET_DROP, PR_SET_DUMPABLE = 2, 4, 24, 4
LAST_CAPABILITY = 40
MEGABYTE = 1 << 20

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Warm up, say so, and serve until the control socket is closed."""
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(sys.argv[2])
    sys.path.insert(0, settings["room"])
    os.environ.update(settings["environment"])
    warm_up(settings["modules"])
    from session import Session  # type: ignore[import-not-found]  # beside this file; loads IPython

    session = Session()
    gc.collect()
    gc.freeze()  # so that a child's collector writes into no page that it shares with the others
    control.sendall(b"ready")
    while True:
        message, fds, _, _ = socket.recv_fds(control, 64, 2)
        while _reaped():
            pass
        if not message:
            return
        if os.fork() == 0:
            control.close()
            keep(fds[0], fds[1], session, {**settings, "memory": int(message)})
        for fd in fds:
            os.close(fd)


def warm_up(modules: list[str]) -> None:
    """Import what submissions use; one that is not there is not needed either."""
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    if "torch" in sys.modules:  # the first step of an optimizer loads hundreds of modules
        torch = sys.modules["torch"]
        torch.set_num_threads(1)
        weight = torch.zeros(2, requires_grad=True)
        optimizer = torch.optim.SGD([weight], lr=0.1)
        weight.sum().backward()
        optimizer.step()


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def keep(channel: int, leash: int, session: Any, settings: dict[str, Any]) -> None:
    """Fork the child into namespaces of its own, and end it when the leash is let go. Never returns."""
    if settings["sandbox"] and libc.unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWPID):
        os._exit(3)
    child = os.fork()
    if child == 0:
        try:
            os.closerange(3, channel)
            os.closerange(channel + 1, 1024)
            confine(settings)
            session.serve(channel)
        finally:
            os._exit(0)
    os.close(channel)
    held = select.poll()
    held.register(leash, select.POLLIN | select.POLLHUP)
    if not settings["sandbox"]:
        os.setpgid(child, child) if _alive(child) else None
    while _alive(child) and not held.poll(20):
        pass
    try:
        os.kill(child, signal.SIGKILL)
        if not settings["sandbox"]:
            os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os._exit(0)


def _alive(child: int) -> bool:
    try:
        return os.waitpid(child, os.WNOHANG)[0] == 0
    except ChildProcessError:
        return False


def confine(settings: dict[str, Any]) -> None:
    """Give this process a private temporary place, limits, and no rights."""
    if settings["sandbox"]:
        scratch = settings["scratch"]
        for place in (scratch.encode(), b"/dev/shm"):
            room = f"size={settings['disk']},nr_inodes=4096,mode=1777".encode()
            if libc.mount(b"tmpfs", place, b"tmpfs", MS_NOSUID | MS_NODEV, room):
                os._exit(3)
        for name in ("home", "work"):
            os.mkdir(f"{scratch}/{name}")
            os.chmod(f"{scratch}/{name}", 0o777)
        os.chdir(f"{scratch}/work")
        _drop_rights(settings["user"])
    for name, limit in {
        "RLIMIT_AS": settings["memory"],
        "RLIMIT_FSIZE": settings["disk"],
        "RLIMIT_NOFILE": 256,
        "RLIMIT_NPROC": settings["processes"] if settings["sandbox"] else -1,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }.items():
        if hasattr(resource, name) and limit >= 0:
            hard = resource.getrlimit(getattr(resource, name))[1]
            most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            resource.setrlimit(getattr(resource, name), (most, most))


def _drop_rights(user: int) -> None:
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing):
        os._exit(3)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


if __name__ == "__main__":
    main()
