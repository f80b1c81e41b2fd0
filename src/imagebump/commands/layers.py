"""`imagebump layers IMAGE|REV`: what each instruction of an image costs."""

import argparse
from contextlib import closing

from imagebump import git, layers, ledger, output, sizes
from imagebump.commands import jobs, places, workspace
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.ledger import Record
from imagebump.registry.images import Image, images


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """IMAGE and --image."""
    workspace.add_image(parser)
    parser.add_argument(
        "what",
        nargs="?",
        default="HEAD",
        metavar="IMAGE|REV",
        help="a tag or a digest of this repository's image, any image (HOST/NAME:TAG), or a commit (default: HEAD)",
    )


def run(args: argparse.Namespace) -> int:
    """A line for each instruction: its bytes, its seconds where the build is known here, its text."""
    repository, there = places.meant(*_reference(args.what, args.image))
    said = False
    for registry, name in there:
        with closing(registry):
            if digest := registry.digest(name):
                for image in images(registry, digest):
                    _say(f"{registry.name}@{image.digest}", image, _steps(repository, digest))
                    said = True
    if not said:
        raise UserError(f"there is no image {args.what}", "Run: imagebump status", 1)
    return 0


def _reference(what: str, image: str) -> tuple[str, str]:
    """Of a commit that was published, its image's digest; anything else is a name already."""
    try:
        repository = git.discover()
        commit = git.resolve(repository, what)
        with ledger.opened(repository.state) as book:
            records = [one for one in jobs.find(repository, book, commit, image) if one.digest]
    except UserError:
        return what, image
    if not records:
        raise UserError(f"{what} has no image yet", "Run: imagebump watch", 1)
    if len(records) > 1:
        names = ", ".join(one.image for one in records)
        raise UserError(f"{what} made several images: {names}", f"Add: --image {records[0].image}")
    return records[0].digest, records[0].image


def _steps(repository: Repository | None, digest: str) -> list[tuple[str, float]]:
    """Of the build that made it, where that was here."""
    if repository is None or not ledger.path(repository.state).exists():
        return []
    with ledger.opened(repository.state) as book:
        made: list[Record] = [one for one in book.in_states("done") if one.digest == digest]
        return next((steps for one in made if (steps := book.steps(one.id))), [])


def _say(name: str, image: Image, steps: list[tuple[str, float]]) -> None:
    rows = [["SIZE", "TIME", "INSTRUCTION"]]
    for one in layers.layers(image.config.get("history") or [], image.sizes, steps):
        size = sizes.shown(one.size) if one.size else ""
        time = jobs.seconds(one.seconds) if one.seconds is not None else ""
        rows.append([size, time, " ".join(one.instruction.split())])
    output.say(f"{name}: {sizes.shown(sum(image.sizes))} compressed, {image.platform}")
    output.say(output.columns(rows))
