"""A secret that a program is to read stands nowhere: whoever kills us leaves none behind."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from govcloud.local import descriptor_path, unnamed


def test_a_program_that_is_given_it_reads_it_as_a_file() -> None:
    with unnamed('[client]\npassword="the court\'s own"\n') as kept:
        words = ["cat", descriptor_path(kept), descriptor_path(kept)]
        done = subprocess.run(words, pass_fds=(kept,), capture_output=True, check=True)
        assert done.stdout == b'[client]\npassword="the court\'s own"\n' * 2
        status = os.fstat(kept)
        assert (stat.S_ISREG(status.st_mode), stat.S_IMODE(status.st_mode)) == (True, 0o600)


def test_it_has_no_name_and_goes_with_the_block() -> None:
    with unnamed("secret") as kept:
        assert str(Path(descriptor_path(kept)).readlink()).startswith("/memfd:")
        others = subprocess.run(["cat", descriptor_path(kept)], capture_output=True, check=False)
        assert others.returncode != 0
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(kept)
