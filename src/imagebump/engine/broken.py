"""What to say where an engine cannot be reached, or breaks off what it was asked for."""

import sys

from docker.errors import APIError
from docker.utils.config import load_general_config

from imagebump.engine.reasons import reason
from imagebump.errors import UserError
from imagebump.settings import variable, without_login


def unreachable(problem: Exception) -> UserError:
    """It does not answer at all."""
    given = variable("DOCKER_HOST")
    where, hint = without_login(given) or _usual(), "Start it, then run: imagebump retry"
    why = reason(problem)
    if why == given:  # the SDK repeats what it cannot read
        why = "that is no address, such as unix:///var/run/docker.sock"
    if "paramiko" in why:
        why = "an engine behind ssh needs the Python package paramiko"
        hint = f"Run: {sys.executable} -m pip install paramiko, then imagebump retry"
    return UserError(
        f"cannot reach the Docker engine at {where}: {why.replace(given, where) if given else why}",
        hint,
        status=1,
    )


def _usual() -> str:
    """Where it is looked for without DOCKER_HOST."""
    context = variable("DOCKER_CONTEXT") or load_general_config().get("currentContext")
    return "its usual socket" if context in (None, "", "default") else f"the context {context}"


def broken_off(problem: Exception, what: str) -> UserError:
    """It did not do `what`; as it says why, or as the connection shows."""
    if isinstance(problem, APIError) and problem.explanation:
        return UserError(f"the engine refused {what}: {problem.explanation}", status=1)
    return UserError(
        f"the engine broke off {what}: {reason(problem)}",
        "See that it runs, then run: imagebump retry",
        status=1,
    )
