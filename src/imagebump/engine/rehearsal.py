"""An engine that builds and pushes nothing: it says what it would be asked for."""

from collections.abc import Callable, Mapping, Sequence

from imagebump.engine import Engine, Local, Report
from imagebump.plan import Base, BuildPlan
from imagebump.tags import Found

_IMAGE = f"sha256:{64 * '0'}"
"""The id of an image that was never built."""


class RehearsedEngine:
    """Looks at a real engine; `tell` is told of what would change it, `arrive` of the labels of what it would push."""

    def __init__(
        self,
        real: Engine,
        tell: Callable[[str, str, str], None],
        arrive: Callable[[str, Mapping[str, str]], None],
    ) -> None:
        self._real, self._tell, self._arrive = real, tell, arrive
        self._labels: Mapping[str, str] = {}

    def close(self) -> None:
        """See Engine."""
        self._real.close()

    def build(self, plan: BuildPlan, names: Sequence[str], report: Report) -> str:
        """See Engine."""
        self._labels = plan.labels
        self._tell("POST", "engine:/build", f"build {', '.join(names) or plan.build.dockerfile}")
        return _IMAGE

    def push(
        self, repository: str, tag: str, auth: Mapping[str, str] | None, report: Report
    ) -> None:
        """See Engine."""
        if not self._labels and (found := self._real.find(f"{repository}:{tag}")):
            self._labels = found.labels  # built before
        self._tell("POST", f"engine:/images/{repository}/push?tag={tag}", "push what was built")
        self._arrive(tag, self._labels)

    def name(self, image: str, repository: str, tag: str) -> None:
        """See Engine."""
        self._tell("POST", f"engine:/images/{image[:19]}/tag", f"name it {repository}:{tag}")

    def unname(self, name: str) -> None:
        """See Engine."""
        self._tell("DELETE", f"engine:/images/{name}", "take that name from it")

    def find(self, name: str) -> Found | None:
        """See Engine."""
        return self._real.find(name)

    def fetch(self, base: Base, report: Report) -> None:
        """See Engine."""
        self._tell("POST", f"engine:/images/create?fromImage={base.name}", "pull what is not there")

    def platform(self, plan: BuildPlan) -> str:
        """See Engine."""
        return self._real.platform(plan)

    def local(self, name: str) -> Local | None:
        """See Engine."""
        return self._real.local(name)
