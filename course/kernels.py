"""Kernels that keep the terminal clean: ipykernel warns at each start that it speaks TCP without encryption.

It listens on this computer only, and signs each message. The other way, a socket that is a file, needs a
short path and a disk that can hold such files; a home on a network may have neither, and a kernel that does
not start is worse than a line in the terminal. So TCP stays, as in JupyterLab, and the warning goes.
"""

from typing import Any

from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

from course.places import QUIET


class QuietKernelManager(ServerKernelManager):
    """JupyterLab's manager of a kernel, which starts a Python kernel without its warnings."""

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """Return the words that start the kernel."""
        command: list[Any] = super().format_kernel_cmd(extra_arguments)
        is_python = any("ipykernel" in str(word) for word in command)
        return [*command, QUIET] if is_python and QUIET not in command else command
