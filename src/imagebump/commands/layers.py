"""`imagebump layers IMAGE|REV`: what each instruction of an image costs."""

import argparse

from imagebump import layers, ledger, output, sizes
from imagebump.commands import jobs, sought, workspace
from imagebump.commands.sought import Sought
from imagebump.git import Repository
from imagebump.registry.images import Image


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """IMAGE and --image."""
    workspace.add_image(parser)
    parser.add_argument(
        "what",
        nargs="?",
        default="HEAD",
        metavar="IMAGE|REV",
        help=sought.HELP,
    )


def run(args: argparse.Namespace) -> int:
    """A line for each instruction: its bytes, its seconds where the build is known here, its text."""
    repository, found = sought.find(args.what, args.image)
    for one in found:
        for image in one.images:
            _say(one, image, _steps(repository, one.digest))
    return 0


def _steps(repository: Repository | None, digest: str) -> list[tuple[str, float]]:
    """Of the builds of its content up to it, the first one first, as far as they were here.

    One that was labelled anew was not built itself, and a cached instruction took its time before.
    """
    if repository is None:
        return []
    with ledger.found(repository.state) as book:
        if book is None:
            return []
        done = [one for one in book.of_digest(digest) if one.state == "done"]
        builds = [r for made in done[:1] for r in book.of_content(made) if r.ended <= made.ended]
        return [step for one in builds for step in book.steps(one.id)]


def _say(there: Sought, image: Image, steps: list[tuple[str, float]]) -> None:
    rows = [["SIZE", "TIME", "INSTRUCTION"]]
    for one in layers.layers(image.history, image.sizes, steps):
        size = sizes.shown(one.size) if one.size else ""
        time = jobs.seconds(one.seconds) if one.seconds is not None else ""
        rows.append([size, time, " ".join(one.instruction.split())])
    where = " in the engine" if there.in_engine else ""
    packed = "" if there.in_engine else " compressed"
    name = (
        there.name if len(there.images) == 1 else f"{there.name.partition('@')[0]}@{image.digest}"
    )
    output.say(f"{name}{where}: {sizes.shown(sum(image.sizes))}{packed}, {image.platform}")
    output.say(output.columns(rows))
