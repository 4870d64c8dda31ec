"""The data directory: one system at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from metarr.errors import ConfigurationError
from metarr_local import data_directory


def test_a_second_system_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    with (
        data_directory.held(tmp_path),
        pytest.raises(ConfigurationError, match=f"already runs .*process {os.getpid()}"),
        data_directory.held(tmp_path),
    ):
        pass


def test_the_directory_is_free_again_after_its_holder_was_killed(tmp_path: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from metarr_local import data_directory
with data_directory.held(Path({str(tmp_path)!r})):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert (ended.returncode, data_directory.is_held(tmp_path)) == (-9, False)


def test_a_directory_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be used"), data_directory.held(tmp_path / "file"):
        pass
