"""Builds and pushes: what the pipeline asks of a Docker engine, and whom it tells how it goes."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from imagebump.bars import Bar
from imagebump.errors import UserError
from imagebump.plan import Base, BuildPlan
from imagebump.tags import Found


class HiddenInputsError(Exception):
    """The build copied more than the Dockerfile says: a base image has ONBUILD triggers."""


class UnpinnedError(UserError):
    """The builder cannot be held to the digests of the plan's bases: nobody knows what it will take."""


class PushRefusedError(UserError):
    """The registry did not take the image; `reason` is what it said."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the push failed: {reason}", status=1)
        self.reason = reason


class Local(NamedTuple):
    """An image that the engine has: its id, the digests that registries gave it, whether it has ONBUILD instructions.

    `digests` are as Docker writes them, NAME@DIGEST. Where they are `own`, the engine may have made
    them up itself for what was built here.
    """

    id: str
    digests: tuple[str, ...]
    triggers: bool
    own: bool = False


class Report(Protocol):
    """Is told how a build or a push goes."""

    def step(self, text: str) -> None:
        """What is being done right now, in a few words."""

    def bars(self, bars: Sequence[Bar]) -> None:
        """All that is under way, in place of what was."""

    def log(self, text: str) -> None:
        """A line for the log."""

    def hide(self, secret: str) -> None:
        """Never show `secret`."""

    def timing(self, step: str, seconds: float) -> None:
        """A step has ended."""


class Engine(Protocol):
    """One way to build and push."""

    def close(self) -> None:
        """Close the connections."""

    def build(self, plan: BuildPlan, names: Sequence[str], report: Report) -> str:
        """Build `plan`, name the image by each of `names`, and give its id in the engine.

        UserError where it does not build, with the failing step; HiddenInputsError where the image
        holds files of the context that the plan's key does not know of; UnpinnedError where it would
        be built on bases of which the plan's content does not know.
        """

    def push(
        self, repository: str, tag: str, auth: Mapping[str, str] | None, report: Report
    ) -> None:
        """Push `repository`:`tag`, with the credentials `auth` of the registry.

        PushRefusedError where the registry refuses it, another UserError where the engine cannot.
        """

    def name(self, image: str, repository: str, tag: str) -> None:
        """Give the image `image` (an id or a name) one more name in the engine."""

    def unname(self, name: str) -> None:
        """Take a name from an image in the engine; one that has no other goes with it."""

    def find(self, name: str) -> Found | None:
        """An image in the engine, by its id; None where it has none of that name."""

    def fetch(self, base: Base, report: Report) -> None:
        """Pull a base, unless what the engine has of that name is what its registry said. UserError where it moves."""

    def platform(self, plan: BuildPlan) -> str:
        """What `plan` is built for where it does not say, as linux/arm64 or linux/arm/v7."""

    def local(self, name: str) -> Local | None:
        """The image that a build would take for `name` without asking a registry; None where it would ask."""
