"""What README, docs and help tell a person to type is accepted, and what needs no cloud really runs."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from govcloud.cli.main import VERBS, govcloud

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SOURCES = [
    file for root in ("cli", "infra", "migrations", "roles") for file in sorted((ROOT / root).rglob("*.py"))
]
CLOUDLESS = ("topology", "stacks", "inventory", "init")
"""Verbs that run here as they stand in a page; so do `--help` and completion."""
BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\s*(?:[A-Z_]+=\S+ )*(?:govcloud|\./dev run)(?: |$)")
SUBSTITUTION = re.compile(r"\$\(([^)]*)\)")
NAMED = re.compile(r"`((?:govcloud|\./dev run) [^`]*)`")


@dataclass(frozen=True)
class Typed:
    """A command line as somebody is told to type it; `line` counts from 1."""

    file: Path
    line: int
    text: str

    @property
    def _words(self) -> list[str]:
        words = shlex.split(self.text, comments=True)
        return words[: next((i for i, word in enumerate(words) if word in ("|", ">", "&&", ";")), None)]

    @property
    def environment(self) -> dict[str, str]:
        """What is set before the program's name."""
        assigned = (word.partition("=") for word in self._words if re.match("_?[A-Z_]+=", word))
        return {name: value for name, _, value in assigned}

    @property
    def arguments(self) -> list[str]:
        """What follows `govcloud`."""
        words = [word for word in self._words if not re.match("_?[A-Z_]+=", word)]
        return words[2:] if words[0] == "./dev" else words[1:]

    @property
    def needs_no_cloud(self) -> bool:
        """Whether it can run here."""
        return bool(self.environment) or self.arguments[0] in CLOUDLESS or self.arguments[-1] == "--help"

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}: {self.text.strip()}"


def _typed(page: Path) -> list[Typed]:
    """Every command of the page's blocks, in order."""
    text, found = page.read_text(encoding="utf-8"), []
    for block in BLOCK.finditer(text):
        first = text[: block.start(1)].count("\n") + 1
        for number, line in enumerate(block[1].splitlines(), first):
            found += [
                Typed(page, number, part)
                for part in (line, *SUBSTITUTION.findall(line))
                if COMMAND.match(part)
            ]
    return found


def _named(file: Path) -> list[Typed]:
    """Every command that a text names in backticks; what is filled in at run time counts as one word."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [
        Typed(file, number, re.sub(r"\{[^}]*\}", "x", span))
        for number, line in enumerate(lines, 1)
        for span in NAMED.findall(line)
    ]


def _commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and subcommand by the words that lead to it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _commands(found, (*path, name))


COMMANDS = dict(_commands(govcloud))


def _accept(command: click.Command, arguments: list[str], parent: click.Context | None = None) -> None:
    """Parse as Click does before it calls anything; UsageError for what it would refuse."""
    try:
        context = command.make_context(command.name, list(arguments), parent=parent)
    except click.exceptions.Exit:  # `--help` and `--version` end here, and well
        return
    if isinstance(command, click.Group):
        words = [*context._protected_args, *context.args]
        if not words and command.invoke_without_command:
            return
        _, found, rest = command.resolve_command(context, words)
        assert found is not None
        _accept(found, rest, context)


def _ids(typed: Typed) -> str:
    return f"{typed.file.name}:{typed.line}"


@pytest.mark.parametrize("typed", [one for page in PAGES for one in _typed(page)], ids=_ids)
def test_what_a_page_says_to_type_is_accepted(typed: Typed) -> None:
    try:
        _accept(govcloud, typed.arguments or ["--help"])
    except click.UsageError as error:
        pytest.fail(f"{typed}: {error.format_message()}")


@pytest.mark.parametrize("typed", [one for file in (*PAGES, *SOURCES) for one in _named(file)], ids=_ids)
def test_what_a_text_or_a_remedy_names_exists(typed: Typed) -> None:
    try:
        _accept(govcloud, typed.arguments)
    except (click.MissingParameter, click.exceptions.NoArgsIsHelpError):
        pass  # it is named without all that it takes
    except click.UsageError as error:
        pytest.fail(f"{typed}: {error.format_message()}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_needs_no_cloud_runs_as_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "inventories", tmp_path / "inventories")
    monkeypatch.chdir(tmp_path)
    for typed in (one for one in _typed(page) if one.needs_no_cloud):
        said = CliRunner().invoke(govcloud, typed.arguments, env=typed.environment, prog_name="govcloud")
        assert said.exit_code == 0, f"{typed}: {said.output}{said.exception or ''}"
        assert said.stdout.strip(), f"{typed} says nothing"


def test_what_runs_is_more_than_a_token() -> None:
    """Should the pages ever be written so that nothing is collected, this says so."""
    run = [typed for page in PAGES for typed in _typed(page) if typed.needs_no_cloud]
    assert {"topology", "init", "inventory"} <= {typed.arguments[0] for typed in run if typed.arguments}
    assert sum(bool(typed.environment) for typed in run) >= 3


@pytest.mark.parametrize(
    "text",
    [
        "govcloud frobnicate",
        "govcloud plan --frobnicate",
        "govcloud ssh",
        "./dev run lab sideways",
        "govcloud init x",
    ],
)
def test_what_does_not_exist_or_lacks_something_is_refused(text: str) -> None:
    with pytest.raises(click.UsageError):
        _accept(govcloud, Typed(ROOT / "README.md", 1, text).arguments)


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_is_in_the_readme_or_a_page(verb: str) -> None:
    told = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert re.search(rf"(govcloud|\./dev run) {verb}\b", told)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_help_has_examples_that_are_accepted(path: tuple[str, ...]) -> None:
    said = CliRunner().invoke(govcloud, [*path, "--help"])
    assert said.exit_code == 0, said.output
    _, _, after = said.output.partition("Example:\n")
    examples = [line for line in after.partition("\n\n")[0].splitlines() if COMMAND.match(line)]
    assert examples, f"no example of {' '.join(path)}"
    for example in examples:
        words = Typed(ROOT / "README.md", 1, example).arguments
        assert tuple(words[: len(path)]) == path
        _accept(govcloud, words)


def test_every_word_after_dev_is_one_that_dev_knows() -> None:
    known = set(re.findall(r"^  ([a-z]+)\)", (ROOT / "dev").read_text(), re.MULTILINE))
    told = {
        word for page in PAGES for word in re.findall(r"\./dev ([a-z]+)", page.read_text(encoding="utf-8"))
    }
    assert told and told <= known
