#!/usr/bin/python3
"""
What BLISS's `nexus` writer asks a Tango device around one scan (LAYOUT 3.5), step by step, with its time limits:

    handshake.py DEVICE_URL SCAN_NAME ROOT_PATH

Prints a line of JSON for each step with the seconds that its slowest answer took, and begins with the scan when `ready`
was printed. Ends with `finished` (all states that were seen, in their order) or `raised` (what BLISS would say).
"""

import json
import sys
import time

import tango

PROXY_MILLISECONDS = 3000
TRY_SECONDS, TRY_PERIOD = 10.0, 0.1
# BLISS looks every 3 s; this one wants to see each state.
POLL_PERIOD = 0.02
SCAN_SECONDS = 60.0


class Raised(Exception):
    """BLISS would abort the scan."""


def say(step, **what):
    print(json.dumps({"step": step, **what}), flush=True)


def is_timeout(error):
    return any(part.reason == "API_DeviceTimedOut" for part in error.args)


def check(step, ask, must_answer=False):
    """Until it is true, for 10 s. A time-out only warns, but not where the answer is needed."""
    slowest, warned, end = 0.0, False, time.monotonic() + TRY_SECONDS
    while True:
        begin = time.monotonic()
        try:
            is_true = ask()
        except tango.DevFailed as error:
            if not is_timeout(error):
                raise Raised(f"{step}: {error.args[0].desc}") from error
            is_true, warned = None, True
        slowest = max(slowest, time.monotonic() - begin)
        if is_true:
            break
        if time.monotonic() > end:
            if must_answer or not warned:
                raise Raised(step)
            break
        time.sleep(TRY_PERIOD)
    say(step, seconds=slowest, timed_out=warned)


def must(step, ask):
    """A plain no ends the scan."""

    def once():
        if not ask():
            raise Raised(step)
        return True

    check(step, once)


class Scan:
    def __init__(self, url, name):
        self.name = name
        self.device = tango.DeviceProxy(url)
        self.device.set_timeout_millis(PROXY_MILLISECONDS)

    def ask(self, command):
        return self.device.command_inout(command, self.name)

    def is_ready(self):
        state = self.device.command_inout("State")
        if state in (tango.DevState.FAULT, tango.DevState.OFF, tango.DevState.UNKNOWN):
            raise Raised(f"state {state}: {self.device.command_inout('Status')}")
        return state in (tango.DevState.ON, tango.DevState.RUNNING)

    def make_root(self, path):
        self.device.command_inout("makedirs", path)
        return True

    def follow(self):
        """States until it has ended: BLISS aborts it in FAULT."""
        states, slowest, end = [], 0.0, time.monotonic() + SCAN_SECONDS
        while time.monotonic() < end:
            begin = time.monotonic()
            state = str(self.ask("scan_state"))
            slowest = max(slowest, time.monotonic() - begin)
            if states[-1:] != [state]:
                states.append(state)
                say("state", state=state)
            if state == "FAULT":
                raise Raised(f"scan_state: {self.ask('scan_state_reason')}")
            if state == "OFF":
                say("finished", states=states, seconds=slowest, urls=list(self.ask("scan_uri")))
                return
            time.sleep(POLL_PERIOD)
        raise Raised(f"scan_state: not ended, {states}")


def main():
    url, name, root = sys.argv[1:]
    try:
        scan = Scan(url, name)
        check("state", scan.is_ready)
        check("makedirs", lambda: scan.make_root(root))
        say("ready")
        check("scan_exists", lambda: scan.ask("scan_exists"), must_answer=True)
        must("scan_has_write_permissions", lambda: scan.ask("scan_has_write_permissions"))
        must("scan_has_required_disk_space", lambda: scan.ask("scan_has_required_disk_space"))
        scan.follow()
    except Raised as error:
        say("raised", why=str(error))
    except tango.DevFailed as error:
        say("raised", why=error.args[0].desc, reason=error.args[0].reason)


main()
