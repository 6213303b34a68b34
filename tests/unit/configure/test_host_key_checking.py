"""ansible-runner switches the checking of host keys off by default: our runs must ask for it themselves."""

from __future__ import annotations

import inspect

from ansible_runner.config import _base

from govcloud.configure import running


def test_the_environment_of_a_run_asks_for_host_key_checking() -> None:
    assert '"ANSIBLE_HOST_KEY_CHECKING": "True"' in inspect.getsource(running._environment)


def test_the_runner_still_honours_the_environment() -> None:
    """It sets its own default only where the environment says nothing."""
    source = inspect.getsource(_base)
    assert "if 'ANSIBLE_HOST_KEY_CHECKING' not in self.env" in source
