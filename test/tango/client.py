#!/usr/bin/python3
"""
Asks Tango devices what its standard input says, a line of JSON each: {"device": URL, "how": "command", "name":
"scan_state", "argument": "12_ascan"}; `how` is command, read or write. Answers each with a line: {"value": ...} or
{"reason": ..., "text": ...}, with the seconds that it took.
"""

import json
import sys
import time

import tango

proxies = {}


def proxy(url):
    if url not in proxies:
        proxies[url] = tango.DeviceProxy(url)
        proxies[url].set_timeout_millis(3000)
    return proxies[url]


def plain(value):
    # PyTango 9.3 answers with a class that is not its DevState.
    if type(value).__name__ == "DevState":
        return str(value)
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def ask(device, how, name, argument=None):
    device = proxy(device)
    if how == "command":
        return device.command_inout(name, argument)
    if how == "write":
        return device.write_attribute(name, argument)
    value = device.read_attribute(name).value
    return states(value) if name == "scan_states" and value is not None else value


def states(values):
    """PyTango 9.3 gives their numbers."""
    return [tango.DevState.values[int(value)] for value in values]


for line in sys.stdin:
    begin = time.monotonic()
    try:
        answer = {"value": plain(ask(**json.loads(line)))}
    except tango.DevFailed as error:
        answer = {"reason": error.args[0].reason, "text": error.args[0].desc}
    print(json.dumps({**answer, "seconds": time.monotonic() - begin}), flush=True)
