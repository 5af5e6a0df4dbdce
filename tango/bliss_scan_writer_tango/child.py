"""The writer service as a child of the device server, for `--run`."""

from __future__ import annotations

import ctypes
import logging
import signal
import subprocess
import threading
import time
from typing import List, Optional

LOG = logging.getLogger(__name__)

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0
# One that ran for so long is started again at once.
STEADY_SECONDS = 60.0
# So long it may start before it is a fault that it does not answer.
START_SECONDS = 20.0
# What was read is written first; a disk that hangs must not hold this for ever.
END_SECONDS = 60.0

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class ServiceChild(threading.Thread):
    """Starts the program, again when it ends, and ends it with this process."""

    def __init__(self, command: List[str]) -> None:
        super().__init__(name="service", daemon=True)
        self._command = command
        self._process: Optional["subprocess.Popen[bytes]"] = None
        self._is_ending = threading.Event()
        self._lock = threading.Lock()
        self._start_time = time.monotonic()
        self.fault = ""

    @property
    def is_starting(self) -> bool:
        return (
            not self.fault
            and not self._is_ending.is_set()
            and time.monotonic() - self._start_time < START_SECONDS
        )

    def run(self) -> None:
        wait = FIRST_WAIT_SECONDS
        while not self._is_ending.is_set():
            self._start_time = time.monotonic()
            how = self._run_once()
            if self._is_ending.is_set():
                return
            wait = FIRST_WAIT_SECONDS if time.monotonic() - self._start_time > STEADY_SECONDS else wait
            self.fault = f"{self._command[0]} {how}; it is started again"
            LOG.error("%s in %g s.", self.fault, wait)
            self._is_ending.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    def end(self) -> None:
        """SIGTERM, and waits until it has ended."""
        self._is_ending.set()
        with self._lock:
            process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            LOG.error("%s has not ended within %g s: it is killed.", self._command[0], END_SECONDS)
            process.kill()
            process.wait()

    def _run_once(self) -> str:
        try:
            with self._lock:
                if self._is_ending.is_set():
                    return "ended"
                process = self._process = subprocess.Popen(
                    self._command, stdin=subprocess.DEVNULL, preexec_fn=_end_with_parent
                )
        except OSError as error:
            return f"cannot be started ({error.strerror})"
        status = process.wait()
        return f"was ended by signal {-status}" if status < 0 else f"has ended with {status}"


def _end_with_parent() -> None:
    """In the child: SIGTERM when the thread that started it is gone, also after a SIGKILL of this process."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
