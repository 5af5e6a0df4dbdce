"""Keeps Python's state of the threads of clients that ask often."""

from __future__ import annotations

import ctypes
import threading
import time
from typing import Dict, Tuple

# Tango has a thread for each connection. Python makes a state of it for each call and drops it after, which costs as
# much as all else of the call. A state that is kept is not given back when its thread ends: so only for those who ask
# often, and not for more than these (20 KB each); all others are answered a little slower.
MOST_KEPT = 1_000
OFTEN_CALLS, OFTEN_SECONDS = 50, 15.0
MOST_COUNTED = 10_000

_local = threading.local()
_counted: Dict[int, Tuple[float, int]] = {}
_kept = 0


def keep_thread() -> None:
    """To be called in each command that clients poll."""
    # What is local to a thread is gone with its state.
    if not hasattr(_local, "is_kept"):
        _count(threading.get_ident(), time.monotonic())


def _count(thread: int, now: float) -> None:
    global _kept
    if _kept >= MOST_KEPT:
        return
    since, calls = _counted.get(thread, (now, 0))
    if now - since > OFTEN_SECONDS:
        since, calls = now, 0
    _counted[thread] = (since, calls + 1)
    if calls < OFTEN_CALLS:
        if len(_counted) > MOST_COUNTED:
            _counted.clear()
        return
    del _counted[thread]
    _kept += 1
    _local.is_kept = True
    ctypes.pythonapi.PyGILState_Ensure()
