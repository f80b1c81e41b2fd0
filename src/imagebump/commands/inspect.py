"""`imagebump inspect IMAGE|REV`: which commit an image was built from, and on what."""

import argparse
import json
import re
from collections.abc import Iterator
from contextlib import suppress

from imagebump import commits, git, output, sizes
from imagebump.commands import sought, workspace
from imagebump.commands.sought import Sought
from imagebump.git import Repository
from imagebump.registry.images import Image
from imagebump.tags import (
    BASE_DIGEST_LABEL,
    BASE_NAME_LABEL,
    CREATED_LABEL,
    KEY_LABEL,
    REF_LABEL,
    REVISION_LABEL,
    SOURCE_LABEL,
    VERSION_LABEL,
)

_HASH = re.compile(r"[0-9a-f]{40,64}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """IMAGE, --image and --json."""
    workspace.add_image(parser)
    parser.add_argument(
        "what",
        nargs="?",
        default="HEAD",
        metavar="IMAGE|REV",
        help=sought.HELP,
    )
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    """Print what its labels say, and this repository of its commit; 1 where there is no such image."""
    repository, there = sought.find(args.what, args.image)
    found = [_described(repository, one) for one in there]
    if args.json:
        output.say(json.dumps(found if len(found) > 1 else found[0], indent=2))
        return 0
    output.say("\n\n".join(output.columns(list(_rows(one))) for one in found))
    return 0


def _described(repository: Repository | None, there: Sought) -> dict[str, object]:
    found = there.images
    labels = found[0].labels if found else {}
    return {
        "image": there.name,
        "in_the_engine": there.in_engine,
        "version": labels.get(VERSION_LABEL, ""),
        **_commit(repository, labels.get(REVISION_LABEL, "")),
        "branch": labels.get(REF_LABEL, ""),
        "source": labels.get(SOURCE_LABEL, ""),
        "committed": labels.get(CREATED_LABEL, ""),
        "built": str(found[0].config.get("created") or "") if found else "",
        "base": labels.get(BASE_NAME_LABEL, ""),
        "base_digest": labels.get(BASE_DIGEST_LABEL, ""),
        "key": labels.get(KEY_LABEL, ""),
        "platforms": [_platform(one) for one in found],
    }


def _commit(repository: Repository | None, commit: str) -> dict[str, object]:
    """The commit, and what this repository knows of it."""
    known = None
    if repository and _HASH.fullmatch(commit) and git.exists(repository, commit):
        with suppress(ValueError):
            known = commits.look_up(repository, commit)
    return {
        "commit": commit,
        "in_this_repository": known is not None,
        "author": known.author if known else "",
        "subject": known.subject if known else "",
    }


def _platform(image: Image) -> dict[str, object]:
    return {
        "platform": image.platform,
        "digest": image.digest,
        "layers": len(image.sizes),
        "size": sum(image.sizes),
    }


def _rows(one: dict[str, object]) -> Iterator[list[str]]:
    """A row for each thing that is known."""
    base = "@".join(filter(None, (str(one["base"]), str(one["base_digest"]))))
    here = str(one["subject"]) if one["in_this_repository"] else "not in this repository"
    commit = f"{one['commit']} ({here})" if one["commit"] else "unknown: it says of none"
    rows = {"commit": commit, "version": one["version"], "author": one["author"]}
    rows |= {name: one[name] for name in ("branch", "source", "committed", "built")}
    packed = "" if one["in_the_engine"] else " compressed"
    yield ["image", f"{one['image']}{' in the engine' * (not packed)}"]
    # labels are strangers' text: a line that one of them ends is no line of ours
    yield from ([name, " ".join(str(text).split())] for name, text in rows.items() if text)
    if base:
        yield ["base", " ".join(base.split())]
    listed = one["platforms"]
    platforms = listed if isinstance(listed, list) else []
    for image in platforms:
        several = f" {image['digest']}" if len(platforms) > 1 else ""
        layers = f"{image['layers']} layer{'s' * (image['layers'] != 1)}"
        size = f"{sizes.shown(image['size'])}{packed} in {layers}"
        yield [str(image["platform"]), f"{size}{several}"]
