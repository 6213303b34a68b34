"""`govcloud`: the door to every verb; each stands in a file of its own and is imported when it is called."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import click

from govcloud.cli.lazy import lazy_group
from govcloud.cli.output import JsonLines
from govcloud.errors import ToolkitError

VERBS = {
    "adopt": "Rebuild a lost state from what stands in the clouds.",
    "apply": "Make the clouds what a plan says.",
    "approve": "Sign plans and orders that somebody else has made.",
    "bundle": "Carry a site to a machine without a network.",
    "configure": "Configure the machines that run.",
    "demo": "Raise the whole city on the lab and show it.",
    "doctor": "Say what works, what does not, and what to do about it.",
    "drift": "Show where the clouds differ from the declaration.",
    "init": "Start the inventory of another city.",
    "inventory": "Print the Ansible inventory of one plane.",
    "lab": "Bring up a real OpenStack for each plane on this machine.",
    "migrate": "Move departments' live systems onto the platform.",
    "plan": "Compare declaration and clouds; write down what an apply would do.",
    "pulumi": "Run the plain Pulumi CLI over one stack.",
    "ssh": "Log in to a machine through its plane's bastion.",
    "stacks": "List the stacks that the inventory compiles to.",
    "toolchain": "Find, fetch or build the Pulumi CLI.",
    "topology": "Validate the inventory and show what it declares.",
}
NOISY = ("grpc", "openstack", "keystoneauth", "urllib3", "stevedore", "paramiko")


@lazy_group("govcloud.cli", VERBS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="govcloud")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="How stderr speaks.")
@click.option("--verbose", "-v", is_flag=True, help="Say more on stderr.")
def govcloud(log_format: str, verbose: bool) -> None:
    """Provision a city's private government cloud from the topology that it declares.

    \b
    Example:
      govcloud --help
      govcloud topology validate --inventory inventories/jiujiang
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if log_format == "json" else logging.Formatter("%(message)s"))
    level = logging.INFO if verbose or log_format == "json" else logging.WARNING
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
    # An engine that ends early takes its program's connection along; grpc reports that as a crash of ours.
    logging.getLogger("grpc._server").setLevel(logging.CRITICAL)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every foreseeable fault is one message and an exit code, never a traceback."""
    try:
        code = govcloud.main(args=arguments, prog_name="govcloud", standalone_mode=False)
    except ToolkitError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped; what was done is recorded: run the same command again to go on", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
