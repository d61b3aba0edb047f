"""Holds the thread of Sluice's Worker, and no other, from outside (ptrace), until standard input ends. argv: process id."""

import ctypes
import os
import pathlib
import sys
import threading

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
WAIT_ALL = 0x40000000

process = pathlib.Path("/proc") / sys.argv[1] / "task"
[thread] = [int(task.name) for task in process.iterdir() if (task / "comm").read_text().startswith("worker-")]
libc = ctypes.CDLL(None, use_errno=True)


def ptrace(request: int) -> None:
    if libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x}")


ptrace(SEIZE)
ptrace(INTERRUPT)
os.waitpid(thread, WAIT_ALL)


def let_it_die() -> None:
    """A thread that is killed stays until whoever holds it has been told."""
    os.waitpid(thread, WAIT_ALL)
    os._exit(0)


threading.Thread(target=let_it_die, daemon=True).start()
print("frozen", flush=True)
sys.stdin.read()
ptrace(DETACH)
os._exit(0)
