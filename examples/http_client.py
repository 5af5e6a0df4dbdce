#!/usr/bin/python3
"""Follows a counter of a scan over HTTP, while the scan runs: http_client.py http://127.0.0.1:8350 TOKEN_FILE SCAN COUNTER

SCAN is the scan's db_name, or `latest` for the one that comes next or runs. Needs nothing but Python."""
import json, sys, time, urllib.error, urllib.parse, urllib.request


class Scans:
    def __init__(self, base, token):
        self.base, self.token = base, token

    def get(self, path, **query):
        url = f"{self.base}{path}?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def of(self, scan, what, **query):
        return self.get(f"/api/scans/{urllib.parse.quote(scan, safe='')}/{what}", **query)

    def latest(self):
        while not (found := self.get("/api/scans", state="live", limit=1)["scans"]):
            time.sleep(0.5)
        return found[0]["scan"]

    def follow(self, scan, counter):
        index, ended = 0, False
        while not ended:
            # Answers as soon as the point is on disk, or when the scan is over.
            self.of(scan, "wait", until=f"rows={index + 1}", channel=counter)
            try:
                data = self.of(scan, "data", channels=counter, **{"from": index})
            except urllib.error.HTTPError as error:
                if error.code != 503: raise  # the file is just being closed
                continue
            yield from data["channels"][0]["values"]
            index, ended = data["next"], data["is_ended"]


if __name__ == "__main__":
    base, token_file, scan, counter = sys.argv[1:]
    scans = Scans(base, open(token_file).read().strip())
    scan = scans.latest() if scan == "latest" else scan
    for value in scans.follow(scan, counter): print(value, flush=True)
    print(scans.of(scan, "wait")["scan"]["status"])
