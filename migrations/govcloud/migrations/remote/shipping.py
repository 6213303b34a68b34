"""Packages of ours that run on a host: their modules go there as text, and import each other as here."""

from __future__ import annotations

from importlib.resources import files

_LOADER = """import importlib.abc, importlib.util, sys
class Shipped(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name in SOURCES:
            return importlib.util.spec_from_loader(name, self, is_package=SOURCES[name] is None)
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        if SOURCES[module.__name__] is not None:
            exec(compile(SOURCES[module.__name__], module.__name__, "exec"), module.__dict__)
sys.meta_path.insert(0, Shipped())
"""


def shipped(package: str, *modules: str) -> bytes:
    """A script that runs `main` of the package's module `main`, with nothing of ours on the host.

    `modules` are those of other packages that it imports.
    """
    sources: dict[str, str | None] = {}
    for module in modules:
        above, _, last = module.rpartition(".")
        sources |= _above(above)
        sources[module] = files(above).joinpath(f"{last}.py").read_text(encoding="utf-8")
    for place in files(package).iterdir():
        if place.name.endswith(".py") and place.name != "__init__.py":
            sources[f"{package}.{place.name.removesuffix('.py')}"] = place.read_text(encoding="utf-8")
    sources |= _above(package)
    return f"SOURCES = {sources!r}\n{_LOADER}from {package}.main import main\nmain()\n".encode()


def _above(package: str) -> dict[str, None]:
    """A package and all that it lies in, each empty."""
    words = package.split(".")
    return {".".join(words[: count + 1]): None for count in range(len(words))}
