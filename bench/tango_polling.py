#!/usr/bin/python3
"""
What the Tango device costs while many clients poll `scan_state`, as BLISS and its users' panels do:

    npm run build && /usr/bin/python3 bench/tango_polling.py [--clients 200] [--rate 10] [--seconds 20]

Starts a Redis, the writer service, the device server and a scan that runs, and prints the CPU of the device server and
of the service as a share of one core, idle and while polled, and how long answers took. Takes redis-server, node and
PyTango; all of it on free ports of this machine, and ended.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import tango

ROOT = Path(__file__).resolve().parent.parent
MAIN = ROOT / "dist/cli/main.js"
RECORDING = ROOT / "test/fixtures/recordings/ascan"
SESSION, SCAN = "inhse_session", "1_ascan"
DEVICE = f"bench/bliss_nxwriter/{SESSION}"
# Clients of one process share its interpreter: with more, the measuring delays itself.
CLIENTS_PER_PROCESS = 25
# The scan runs for longer than anybody measures.
SPEED = "0.02"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_share(pids, seconds):
    """Of one core, of each process."""
    before, begin = [cpu_seconds(pid) for pid in pids], time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - begin
    return [100 * (cpu_seconds(pid) - was) / passed for pid, was in zip(pids, before)]


def poll(url, clients, rate, seconds, begin):
    """One process of clients. Prints the time of each answer."""
    times, faults = [], []

    def client(index):
        with tango.EnsureOmniThread():
            proxy = tango.DeviceProxy(url)
            proxy.command_inout("scan_state", SCAN)
            due = begin + index / clients / rate
            while due < begin + seconds:
                time.sleep(max(0.0, due - time.time()))
                asked = time.perf_counter()
                try:
                    proxy.command_inout("scan_state", SCAN)
                except tango.DevFailed as error:
                    faults.append(error.args[0].desc)
                times.append(time.perf_counter() - asked)
                due = max(due + 1 / rate, time.time())

    threads = [threading.Thread(target=client, args=(index,)) for index in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"times": times, "faults": faults}))


def start(processes, command, **options):
    processes.append(subprocess.Popen([str(part) for part in command], **options))
    return processes[-1]


def wait_for(is_there):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if is_there():
                return
        except (OSError, tango.DevFailed):
            pass
        time.sleep(0.2)
    raise SystemExit("Something has not come up: run it by hand to see why.")


def measure(options, processes, folder):
    redis_port, tango_port = free_port(), free_port()
    redis = f"redis://127.0.0.1:{redis_port}/1"
    start(processes, ["redis-server", "--port", redis_port, "--save", ""], stdout=subprocess.DEVNULL)
    wait_for(lambda: socket.create_connection(("127.0.0.1", redis_port)).close() is None)
    out = Path(folder, "out")
    out.mkdir()
    run = ["run", "--redis", redis, "--map", f"/mnt/beamline00={out}", "--session", SESSION]
    http = f"unix:{folder}/http.sock"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    service = start(processes, ["node", MAIN, *run, "--http", http, "--state", f"{folder}/state"], **quiet)
    server = start(
        processes,
        [sys.executable, "-m", "bliss_scan_writer_tango", "bench", "--http", http, "-port", tango_port]
        + ["--session", f"{SESSION}={DEVICE}"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tango"), "PYTHONDONTWRITEBYTECODE": "1"},
        **quiet,
    )
    url = f"tango://127.0.0.1:{tango_port}/{DEVICE}#dbase=no"
    wait_for(lambda: tango.DeviceProxy(url).state() == tango.DevState.ON)
    pids = [server.pid, service.pid]
    idle = cpu_share(pids, options.seconds)
    start(processes, ["node", MAIN, "replay", RECORDING, "--redis", redis, "--speed", SPEED], **quiet)
    wait_for(lambda: tango.DeviceProxy(url).command_inout("scan_exists", SCAN))
    running = cpu_share(pids, options.seconds)

    counts = [CLIENTS_PER_PROCESS] * (options.clients // CLIENTS_PER_PROCESS)
    counts += [options.clients % CLIENTS_PER_PROCESS] if options.clients % CLIENTS_PER_PROCESS else []
    begin = time.time() + 5
    pollers = [
        start(
            processes,
            [sys.executable, __file__, "--poll", url, count, options.rate, options.seconds, begin],
            stdout=subprocess.PIPE,
        )
        for count in counts
    ]
    time.sleep(max(0.0, begin + 0.5 - time.time()))
    polled = cpu_share(pids, options.seconds - 1)
    told = [json.loads(poller.communicate()[0]) for poller in pollers]
    times = sorted(each for part in told for each in part["times"])
    faults = [each for part in told for each in part["faults"]]
    return {
        "clients": options.clients,
        "answers_per_second": round(len(times) / options.seconds),
        "faults": faults[:3],
        "cpu_percent": {
            name: {
                "idle": round(idle[i], 2),
                "scan_runs": round(running[i], 2),
                "polled": round(polled[i], 2),
            }
            for i, name in enumerate(("device_server", "service"))
        },
        "answer_milliseconds": {
            "median": round(1e3 * times[len(times) // 2], 2),
            "p99": round(1e3 * times[int(0.99 * len(times))], 2),
            "worst": round(1e3 * times[-1], 2),
        },
        "load_average": os.getloadavg()[0],
        "tango": tango.__version__,
    }


def main():
    if sys.argv[1:2] == ["--poll"]:
        url, clients, rate, seconds, begin = sys.argv[2:]
        return poll(url, int(clients), float(rate), float(seconds), float(begin))
    parser = argparse.ArgumentParser(description="What polling the Tango device costs.")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--rate", type=float, default=10, help="of each client, in Hz")
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    processes = []
    with tempfile.TemporaryDirectory(prefix="scan-writer-bench-") as folder:
        try:
            print(json.dumps(measure(options, processes, folder), indent=2))
        finally:
            for process in reversed(processes):
                process.terminate()
            for process in processes:
                process.wait()


if __name__ == "__main__":
    main()
