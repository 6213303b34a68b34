"""An assessment as a page: what stands in the way first, then what the host is and does."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from govcloud.migrations.assessing.assessment import Assessment
from govcloud.migrations.assessing.drafting import OWN
from govcloud.migrations.sizes import size


def assessment_page(found: Assessment) -> str:
    """One HTML page that needs nothing beside it."""
    environment = Environment(
        loader=PackageLoader("govcloud.migrations.assessing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["size"] = size
    return environment.get_template("assessment.html.j2").render(found=found, probes=found.probes, own=OWN)
