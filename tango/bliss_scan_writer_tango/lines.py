"""The attributes that tell of all scans, a line each: `name: ...`."""

from __future__ import annotations

from typing import Dict, Iterable, List

from .scan import Progress, Scan


def states_info(scans: Iterable[Scan]) -> List[str]:
    return [f"{scan.name}: {scan.state} {scan.reason}".rstrip() for scan in scans]


def urls(scans: Iterable[Scan]) -> List[str]:
    """A line for each sub-scan that has an entry."""
    return [f"{scan.name}: {url}" for scan in scans for url in scan.urls]


def starts(scans: Iterable[Scan]) -> List[str]:
    return [f"{scan.name}: {scan.local_start}" for scan in scans]


def ends(scans: Iterable[Scan]) -> List[str]:
    return [f"{scan.name}: {scan.local_end}" for scan in scans]


def durations(scans: Iterable[Scan]) -> List[str]:
    return [f"{scan.name}: {_duration(scan)}" for scan in scans]


def progress(scans: Iterable[Scan]) -> List[str]:
    """`12_ascan: 0D 11 points of 5 channels, 2D 10-11 points of 2 channels`; `12_ascan.2: ...` of its second sub-scan."""
    return [line for scan in scans for line in _entries(scan)]


def info(scans: Iterable[Scan]) -> List[str]:
    """As `progress`, with the state and how many points are planned."""
    return [line for scan in scans for line in _entries(scan, _plan(scan))]


def _entries(scan: Scan, prefix: str = "") -> List[str]:
    by_entry: Dict[str, List[Progress]] = {}
    for each in scan.progress:
        by_entry.setdefault(each.entry, []).append(each)
    if not by_entry:
        return [f"{scan.name}: {prefix}nothing written yet"]
    lines = []
    for entry, parts in by_entry.items():
        name = scan.name if len(by_entry) == 1 else f"{scan.name}.{entry.rpartition('.')[2]}"
        lines.append(f"{name}: {prefix}{', '.join(_points(part) for part in parts)}")
    return lines


def _points(part: Progress) -> str:
    points = str(part.most) if part.least == part.most else f"{part.least}-{part.most}"
    channels = "1 channel" if part.channels == 1 else f"{part.channels} channels"
    return f"{part.ndim}D {points} points of {channels}"


def _plan(scan: Scan) -> str:
    planned = f" of {scan.expected}" if scan.expected >= 0 else ""
    return f"{scan.state}, {scan.rows}{planned} points: "


def _duration(scan: Scan) -> str:
    duration = scan.duration
    return "unknown" if duration is None else str(duration).partition(".")[0]
