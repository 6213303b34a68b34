"""A plane's secrets: kept in a private file, or asked of a command that says nothing when it fails."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
import yaml

from govcloud.engine import secret_source
from govcloud.engine.secret_source import PASSPHRASE, SecretSource
from govcloud.engine.workdir import PlaneWork
from govcloud.errors import ToolkitError
from govcloud.topology.common import Secrets

FILE = Secrets(file="secrets.yaml")


@pytest.fixture
def work(tmp_path: Path) -> PlaneWork:
    (tmp_path / "extranet").mkdir()
    return PlaneWork(tmp_path / "extranet", "extranet")


def kept(work: PlaneWork) -> Path:
    return work.root / "secrets.yaml"


def command(tmp_path: Path, body: str) -> Secrets:
    """A command that is called with a word of its own before the plane and the name."""
    script = tmp_path / "secrets.py"
    script.write_text(f"import sys\n{body}\n")
    return Secrets(command=(sys.executable, str(script), "own"))


def test_a_secret_is_made_when_it_is_first_asked_for_and_stays(work: PlaneWork) -> None:
    first = SecretSource(work, FILE).value("database")
    assert len(first) >= 32
    assert SecretSource(work, FILE).value("database") == first
    assert SecretSource(work, FILE).value("other") != first


def test_the_file_is_its_owner_s_alone_and_holds_what_a_person_wrote(work: PlaneWork) -> None:
    kept(work).write_text("database: 密码 '#1\n")
    kept(work).chmod(0o600)
    assert SecretSource(work, FILE).value("database") == "密码 '#1"
    made = SecretSource(work, FILE).value("new")
    assert yaml.safe_load(kept(work).read_text()) == {"database": "密码 '#1", "new": made}
    assert stat.S_IMODE(kept(work).stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_file_that_others_may_read_is_refused(work: PlaneWork, mode: int) -> None:
    kept(work).write_text("database: secret\n")
    kept(work).chmod(mode)
    with pytest.raises(ToolkitError, match="others may read it") as caught:
        SecretSource(work, FILE)
    assert caught.value.remedy == f"chmod 600 {kept(work)}"


@pytest.mark.parametrize("text", ["- secret-word", "database: 7", "database: [secret-word]", "secret-word"])
def test_a_file_of_another_form_is_refused_and_not_shown(work: PlaneWork, text: str) -> None:
    kept(work).write_text(text)
    kept(work).chmod(0o600)
    with pytest.raises(ToolkitError, match="it must map names to strings") as caught:
        SecretSource(work, FILE)
    assert "secret-word" not in str(caught.value)


def test_a_file_that_is_not_yaml_is_refused_and_not_shown(work: PlaneWork) -> None:
    kept(work).write_text("database: [secret-word\n")
    kept(work).chmod(0o600)
    with pytest.raises(ToolkitError) as caught:
        SecretSource(work, FILE)
    assert "secret-word" not in str(caught.value)


def test_a_rotated_secret_is_another_and_the_rest_stays(work: PlaneWork) -> None:
    source = SecretSource(work, FILE)
    before = {name: source.value(name) for name in ("database", "portal")}
    source.rotate("database")
    after = SecretSource(work, FILE)
    assert after.value("database") not in ("", before["database"])
    assert after.value("portal") == before["portal"]


def test_a_command_is_called_with_the_plane_and_the_name_behind_its_own_words(
    work: PlaneWork, tmp_path: Path
) -> None:
    source = SecretSource(work, command(tmp_path, "print('|'.join(sys.argv[1:]))"))
    assert source.value("database") == "own|extranet|database"
    assert not kept(work).exists()


def test_a_command_is_asked_once_for_each_name(work: PlaneWork, tmp_path: Path) -> None:
    count = f"open({str(tmp_path / 'count')!r}, 'a').write('x'); print(sys.argv[3])"
    source = SecretSource(work, command(tmp_path, count))
    assert [source.value(name) for name in ("a", "b", "a")] == ["a", "b", "a"]
    assert (tmp_path / "count").read_text() == "xx"


@pytest.mark.parametrize(
    ("printed", "value"), [("'pass word '", "pass word "), ("'two\\nlines'", "two\nlines"), ("'x\\n'", "x\n")]
)
def test_of_what_a_command_prints_one_last_newline_is_not_the_secret_s(
    work: PlaneWork, tmp_path: Path, printed: str, value: str
) -> None:
    assert SecretSource(work, command(tmp_path, f"print({printed})")).value("database") == value


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("print('secret-word'); sys.exit(3)", id="it fails and prints"),
        pytest.param("sys.exit('secret-word')", id="it fails and complains"),
        pytest.param("print()", id="it prints an empty line"),
        pytest.param("", id="it prints nothing"),
        pytest.param("sys.stdout.buffer.write(b'secret-word\\xff')", id="it prints no text"),
    ],
)
def test_a_command_that_gives_no_secret_is_an_error_that_shows_none_of_its_output(
    work: PlaneWork, tmp_path: Path, body: str
) -> None:
    with pytest.raises(ToolkitError) as caught:
        SecretSource(work, command(tmp_path, body)).value("database")
    assert "database" in caught.value.what
    assert "secret-word" not in str(caught.value)


def test_a_command_that_is_not_there_is_an_error(work: PlaneWork) -> None:
    with pytest.raises(ToolkitError, match="it did not give database: FileNotFoundError"):
        SecretSource(work, Secrets(command=("/nowhere/secrets",))).value("database")


def test_a_command_is_not_waited_for_without_end(
    work: PlaneWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_source, "SECONDS", 0.2)
    with pytest.raises(ToolkitError, match="it did not give database: TimeoutExpired"):
        SecretSource(work, command(tmp_path, "import time; time.sleep(60)")).value("database")


def test_what_a_command_knows_is_not_ours_to_change(work: PlaneWork, tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="database comes from a command"):
        SecretSource(work, command(tmp_path, "print(1)")).rotate("database")


def test_the_passphrase_is_the_command_s_also_when_that_changes(work: PlaneWork, tmp_path: Path) -> None:
    for value in ("first", "second"):
        file = SecretSource(work, command(tmp_path, f"print({value!r} + sys.argv[3])")).passphrase_file()
        assert file.read_text() == value + PASSPHRASE
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_without_a_command_the_passphrase_is_made_once_and_is_no_secret_of_the_file(work: PlaneWork) -> None:
    first = SecretSource(work, FILE).passphrase_file().read_text()
    assert SecretSource(work, FILE).passphrase_file().read_text() == first
    assert not kept(work).exists()
