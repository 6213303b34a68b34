"""Waves: which systems are cut over together, and on which night, from who talks to whom.

A system moves behind those that it depends on, so that what it calls is there already. Systems that talk to
each other in a circle have no such order: they move in one night, or the plan is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import networkx as nx

from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.migrations.planning.nights import Closed, Night, nights
from govcloud.migrations.planning.prediction import Duration
from govcloud.topology.moving import Move

MARGIN = 3.0
"""How many times its predicted downtime a system's turn in a night lasts: for going back, should it fail."""
TURN = 900.0
"""Seconds that a turn lasts at least."""


@dataclass(frozen=True)
class PlannedMove:
    """One system's turn in a wave."""

    move: str
    predicted: Duration


@dataclass(frozen=True)
class Wave:
    """What is cut over in one night."""

    number: int
    night: Night
    moves: tuple[PlannedMove, ...]


@dataclass(frozen=True)
class Candidate:
    """A move with what is known of it: whom it waits for, what it takes, and when it may not be."""

    move: Move
    needs: frozenset[str]
    predicted: Duration
    closed: tuple[Closed, ...] = ()


def plan_waves(
    candidates: Mapping[str, Candidate], first: date, at_once: int, zone: ZoneInfo
) -> tuple[Wave, ...]:
    """The waves, the earliest first. All faults are told at once: ToolkitErrors.

    `needs` may name moves that are not planned here; they are taken as done.
    """
    graph = {name: one.needs & candidates.keys() for name, one in candidates.items()}
    groups = _groups(graph)
    errors = [fault for group in groups for fault in _faults(group, candidates, at_once)]
    if errors:
        raise ToolkitErrors(errors)
    taken: dict[Night, list[str]] = {}
    moved: dict[str, Night] = {}
    for group in groups:
        night = _night(group, graph, candidates, first, at_once, zone, taken, moved)
        taken.setdefault(night, []).extend(group)
        moved.update(dict.fromkeys(group, night))
    return tuple(
        Wave(number, night, tuple(PlannedMove(name, candidates[name].predicted) for name in taken[night]))
        for number, night in enumerate(sorted(taken), 1)
    )


def _groups(graph: Mapping[str, frozenset[str]]) -> list[tuple[str, ...]]:
    """Moves that reach each other together, each group behind those that it needs; else by name."""
    needs = nx.DiGraph({name: sorted(others) for name, others in graph.items()})
    whole = nx.condensation(needs)
    together = {node: tuple(sorted(data["members"])) for node, data in whole.nodes(data=True)}
    order = nx.lexicographical_topological_sort(whole.reverse(), key=lambda node: together[node])
    return [together[node] for node in order]


def _faults(group: tuple[str, ...], candidates: Mapping[str, Candidate], at_once: int) -> list[ToolkitError]:
    found = []
    if len(group) > at_once:
        what = f"{len(group)} systems talk to each other in a circle: {' → '.join((*group, group[0]))}"
        remedy = f"let {len(group)} be cut over `at_once`, or take one connection out of the circle"
        found.append(ToolkitError(what, candidates[group[0]].move.where("system"), remedy))
    for name in group:
        one = candidates[name]
        if one.predicted.copying == float("inf"):
            what = "its data changes faster than changes can be applied: it never catches up"
            remedy = "move it at a quieter time, or accept a copy while nobody writes"
            found.append(ToolkitError(what, one.move.where("system"), remedy))
        elif one.predicted.downtime > one.move.downtime:
            predicted = one.predicted.downtime
            what = f"its downtime is predicted to be {predicted:.1f} s, and it may be {one.move.downtime} s"
            remedy = f"allow more; it comes from {'; '.join(one.predicted.how)}"
            found.append(ToolkitError(what, one.move.where("downtime"), remedy))
        elif _turn(one) > one.move.window.seconds:
            what = f"its turn takes {_turn(one):.0f} s, and its window lasts {one.move.window.seconds} s"
            found.append(ToolkitError(what, one.move.where("window"), "make the window longer"))
    return found


def _turn(one: Candidate) -> float:
    return max(TURN, MARGIN * one.predicted.downtime)


def _night(
    group: tuple[str, ...],
    graph: Mapping[str, frozenset[str]],
    candidates: Mapping[str, Candidate],
    first: date,
    at_once: int,
    zone: ZoneInfo,
    taken: Mapping[Night, Sequence[str]],
    moved: Mapping[str, Night],
) -> Night:
    """The first night that suits all of a group, has room, and is not before what the group needs."""
    behind = [moved[need] for name in group for need in graph[name] if need in moved]
    suits = [_suiting(candidates[name], first, zone) for name in group]
    for night in sorted(set.intersection(*suits)):
        there = taken.get(night, ())
        busy = sum(_turn(candidates[name]) for name in (*there, *group))
        if len(there) + len(group) > at_once or busy > night.seconds:
            continue
        if all(other.begins <= night.begins for other in behind):
            return night
    closed = {shut.because for name in group for shut in candidates[name].closed}
    what = f"no night suits {', '.join(group)}" + (
        f" (closed: {'; '.join(sorted(closed))})" if closed else ""
    )
    raise ToolkitError(
        what, candidates[group[0]].move.where("window"), "give them a window in common, or more days"
    )


def _suiting(one: Candidate, first: date, zone: ZoneInfo) -> set[Night]:
    begins = max(first, one.move.not_before or first)
    return set(nights(one.move.window, begins, one.closed, zone))
