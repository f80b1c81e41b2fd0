"""semver's Version, without the rest of its package.

The package loads argparse and inspect for functions that it deprecated: ten milliseconds, which each
commit would wait for. Its module with Version needs neither.
"""

import sys
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from semver import Version
else:

    def _alone():
        """The class, from the module itself; whoever imports the package afterwards gets the same one."""
        spec = PathFinder.find_spec("semver")
        if spec is None or "semver" in sys.modules:
            return import_module("semver").Version
        bare = ModuleType("semver")
        bare.__path__ = spec.submodule_search_locations
        sys.modules["semver"] = bare
        try:
            return import_module("semver.version").Version
        finally:
            del sys.modules["semver"]

    Version = _alone()

__all__ = ["Version"]
