"""The stages of a cutover, in their order: what each does to every part, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from govcloud.migrations.night.deadline import Deadline
from govcloud.migrations.night.parts import Part
from govcloud.migrations.steps import Facts


def _nothing(_: Part) -> None:
    """What leaves nothing behind needs no way back."""


WAY_BACK = 60.0
"""Seconds for which a way back may wait for a host that does not answer."""
START = 330.0
"""Seconds for a way back in which a whole machine may have to start."""


@dataclass(frozen=True)
class Stage:
    """One stage: `share` is its part of the downtime that is allowed, from which its deadline follows."""

    name: str
    act: Callable[[Part, Deadline], Facts]
    back: Callable[[Part], None]
    share: float
    back_within: float = WAY_BACK
    final: bool = False
    """Whether there is no way back from it by itself."""


STAGES: Sequence[Stage] = (
    Stage("close", lambda part, deadline: part.close(deadline), lambda part: part.reopen(), 0.1),
    Stage("drain", lambda part, deadline: part.drain(deadline), lambda part: part.admit(), 0.2, START),
    Stage("fence", lambda part, deadline: part.fence(deadline), lambda part: part.unfence(), 0.1, START),
    Stage("catch up", lambda part, deadline: part.catch_up(deadline), _nothing, 0.2),
    Stage("verify", lambda part, deadline: part.verify(deadline), _nothing, 0.2),
    Stage("arm", lambda part, deadline: part.arm(deadline), lambda part: part.disarm(), 0.1),
    Stage("switch", lambda part, deadline: part.switch(deadline), lambda part: part.switch_back(), 0.05),
    Stage("release", lambda part, deadline: part.release(deadline), _nothing, 0.05, final=True),
)


def shared(seconds: Mapping[str, float], stages: Sequence[Stage] = STAGES) -> Sequence[Stage]:
    """The stages, each with its own share or what it took of a rehearsal: `seconds` by its name."""
    total = sum(seconds.get(stage.name, 0.0) for stage in stages)
    if total <= 0:
        return stages
    return tuple(
        replace(stage, share=max(stage.share, seconds.get(stage.name, 0.0) / total)) for stage in stages
    )
