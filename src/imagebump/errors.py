"""The expected errors."""


class UserError(Exception):
    """Something that the user can mend: what happened, where and why, and what to type.

    `message` is one line without a final period; `hint` is one imperative line or empty.
    `status` is the exit status: 2 for bad input, 1 where the answer is no. `after` are the seconds
    that whoever refused asks to wait for, before another attempt.
    """

    after = 0.0

    def __init__(self, message: str, hint: str = "", status: int = 2) -> None:
        super().__init__(message)
        self.message = " ".join(message.split())
        self.hint = " ".join(hint.split())
        self.status = status

    def __str__(self) -> str:
        return sentences(self.message, self.hint)


def sentences(message: str, hint: str) -> str:
    """The message, and the hint as a sentence after it."""
    if not hint:
        return message
    return f"{message}{'' if message.endswith(('?', '!', '.')) else '.'} {hint}"


class DeniedError(UserError):
    """A registry answers, and does not say what it has: to nobody, or not to us."""


class UnavailableError(UserError):
    """What is needed does not answer, now: a program, a directory, the repository's objects."""


class BrokenCommitError(UserError):
    """A commit holds what can never become an image: only another commit mends it, and no second attempt."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint or "Mend it, and commit", status=1)


class StepFailedError(UserError):
    """A step of a build ended with a status of its own, as `make` does: it rarely helps to repeat it."""


class TakenError(UserError):
    """What is to be published stands there already with other content, which never changes."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint, status=1)


class UntrustedError(UserError):
    """A commit asks for what this clone has not been told to trust."""
