"""A checked plane's drafts and its address plan, put together as the frozen topology."""

from __future__ import annotations

from collections.abc import Iterable

from govcloud.topology.addressing import Plan, router_id
from govcloud.topology.declared import Declared, DeclaredPlane
from govcloud.topology.drafts import Layout, MachineDraft, SegmentDraft, shared_id, zone
from govcloud.topology.flows import Flows
from govcloud.topology.model import Machine, PlaneTopology, Router, Segment
from govcloud.topology.plane import Plane
from govcloud.topology.selectors import Resolver

BORDER = "border"


def assemble(
    declared: Declared, plane: DeclaredPlane, resolver: Resolver, layout: Layout, plan: Plan
) -> PlaneTopology:
    """One plane's topology. Everything in it must have passed the checks."""
    declaration = plane.plane
    if declaration is None:
        raise LookupError(f"plane {plane.id} was not read")
    return PlaneTopology(
        declaration=declaration,
        egress=next(iter(plane.egress.values()), None),
        segments=tuple(_segment(declaration, draft, plan) for draft in layout.segments),
        routers=_routers(declared, declaration, layout, plan),
        machines=_machines(declaration, layout, plan),
        groups=tuple(layout.groups),
        flows=Flows(declared, plane, resolver, layout, plan).all(),
        systems=plane.systems,
        conferences=plane.conferences,
        imports=plane.imports,
        websites=plane.websites,
        approvals=plane.approvals,
        adoptions=plane.adoptions,
        hosts=plane.hosts,
        moves=plane.moves,
        platform_segments=plane.segments,
        platform_machines=plane.machines,
        declared_flows=plane.flows,
        members=tuple(resolver.members),
        covered={system.id: _meant(resolver, system.covers) for system in plane.systems.values()},
        served={system.id: _meant(resolver, system.service_items) for system in plane.systems.values()},
        summaries=plan.summaries,
        shared_addresses={name: plan.addresses[shared_id(name)] for name in plane.conferences},
    )


def _meant(resolver: Resolver, selectors: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for selector in selectors for name in resolver.resolve(selector).ids))


def _segment(plane: Plane, draft: SegmentDraft, plan: Plan) -> Segment:
    summary = plan.summary_of.get(draft.id)
    return Segment(
        id=draft.id,
        plane=plane.id,
        kind=draft.kind,
        level=draft.level,
        name_zh=draft.name_zh,
        owner=draft.owner,
        project=draft.project,
        protection=draft.protection,
        prefix=plan.segments[draft.id],
        router=router_id(summary) if summary else BORDER,
        has_machines=draft.has_machines,
        source=draft.source,
    )


def _routers(declared: Declared, plane: Plane, layout: Layout, plan: Plan) -> tuple[Router, ...]:
    platform = plane.backbone_project or plane.id
    border = Router(BORDER, plane.id, platform, platform, "platform", plane.addresses.backbone[1])
    live = {plan.summary_of[segment.id] for segment in layout.segments if segment.id in plan.summary_of}
    routers = [border]
    for name, prefix in sorted(plan.summaries.items(), key=lambda item: item[1]):
        if name not in live:
            continue
        county = declared.counties.get(name)
        routers.append(
            Router(
                id=router_id(name),
                plane=plane.id,
                owner=county.id if county else platform,
                project=county.id if county else platform,
                level="county" if county else "city",
                backbone_address=plan.addresses[router_id(name)],
                summary=prefix,
            )
        )
    return tuple(routers)


def _machines(plane: Plane, layout: Layout, plan: Plan) -> tuple[Machine, ...]:
    if plane.compute is None:
        return ()
    return tuple(_machine(plane, draft, plan) for draft in layout.machines)


def _machine(plane: Plane, draft: MachineDraft, plan: Plan) -> Machine:
    if plane.compute is None:
        raise LookupError(f"plane {plane.id} has no machines")
    availability_zone, runs = zone(plane.compute, draft.placement)
    return Machine(
        id=draft.id,
        plane=plane.id,
        name_zh=draft.name_zh,
        kind=draft.kind,
        project=draft.project,
        owner=draft.owner,
        segment=draft.segment,
        address=plan.addresses[draft.id],
        floating=draft.floating,
        role=draft.role,
        configure=draft.configure,
        flavor=draft.flavor or plane.compute.default_flavor,
        zone=availability_zone,
        runs=runs,
        group=draft.group,
        protection=draft.protection,
        system=draft.system,
        component=draft.component,
        shared_address=plan.addresses[draft.shared] if draft.shared else None,
        source=draft.source,
    )
