"""The files that run inside the sandbox; they import nothing of `course`, which is not there."""
