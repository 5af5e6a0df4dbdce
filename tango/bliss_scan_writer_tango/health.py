"""How the writer service is, as the device server knows it."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional, Tuple


class Problem(NamedTuple):
    tag: str
    text: str
    is_blocking: bool


class Health(NamedTuple):
    """`is_reachable` is None until the first answer or failure; `why` says why it is not."""

    is_reachable: Optional[bool] = None
    why: str = ""
    start_time: str = ""
    is_connected: bool = False
    problems: Tuple[Problem, ...] = ()

    def problem(self, tag: str) -> Optional[Problem]:
        return next((problem for problem in self.problems if problem.tag == tag), None)

    @property
    def blocking(self) -> str:
        """Sentences of what keeps new scans from being written."""
        return " ".join(problem.text for problem in self.problems if problem.is_blocking)


class Following(NamedTuple):
    """What the service does with a session."""

    is_followed: bool = False
    is_accepting: bool = True


def health_of(told: Dict[str, Any]) -> Health:
    """Of the answer to GET /api/service."""
    problems = told.get("problems")
    return Health(
        is_reachable=True,
        start_time=str(told.get("start_time") or ""),
        is_connected=told.get("is_connected") is True,
        problems=tuple(
            _problem(each)
            for each in (problems if isinstance(problems, list) else [])
            if isinstance(each, dict)
        ),
    )


def followings_of(told: Dict[str, Any]) -> Dict[str, Following]:
    """Of the answer to GET /api/sessions, by session."""
    sessions = told.get("sessions")
    return {
        str(each.get("name")): Following(
            each.get("is_followed") is True, each.get("is_accepting") is not False
        )
        for each in (sessions if isinstance(sessions, list) else [])
        if isinstance(each, dict)
    }


def _problem(told: Dict[str, Any]) -> Problem:
    text = " ".join(str(told[part]) for part in ("message", "advice") if told.get(part))
    return Problem(str(told.get("tag") or ""), text, told.get("is_blocking") is True)
