"""What to say where an engine cannot be reached, or breaks off what it was asked for."""

from docker.errors import APIError

from imagebump.engine.reasons import reason
from imagebump.errors import UserError
from imagebump.settings import variable, without_login


def unreachable(problem: Exception) -> UserError:
    """It does not answer at all."""
    given = variable("DOCKER_HOST")
    where = without_login(given) or "its usual socket"
    why = reason(problem)
    if why == given:  # the SDK repeats what it cannot read
        why = "that is no address, such as unix:///var/run/docker.sock"
    return UserError(
        f"cannot reach the Docker engine at {where}: {why.replace(given, where) if given else why}",
        "Start it, then run: imagebump retry",
        status=1,
    )


def broken_off(problem: Exception, what: str) -> UserError:
    """It did not do `what`; as it says why, or as the connection shows."""
    if isinstance(problem, APIError) and problem.explanation:
        return UserError(f"the engine refused {what}: {problem.explanation}", status=1)
    return UserError(
        f"the engine broke off {what}: {reason(problem)}",
        "See that it runs, then run: imagebump retry",
        status=1,
    )
