"""`imagebump rollback VERSION`: put the tags that move back on a version, by hand."""

import argparse
from contextlib import closing

from imagebump import ledger, output, reference, refs, tags
from imagebump.commands import places, workspace
from imagebump.config import Config
from imagebump.errors import UserError
from imagebump.git import Repository
from imagebump.registry import Registry
from imagebump.semantic import Version
from imagebump.tags import Found, Moving, Source
from imagebump.version import VersionFile


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """VERSION, --tag, --image and --dry-run."""
    workspace.add_image(parser)
    parser.add_argument("version", metavar="VERSION", help="a published version, such as 1.2.3")
    parser.add_argument(
        "--tag",
        action="append",
        default=[],
        metavar="TAG",
        help="only this one, such as latest (default: each of tags.moving that may stand on it)",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be moved")


def run(args: argparse.Namespace) -> int:
    """Move the tags, and say from what to what; versions and commits' tags are never moved."""
    repository, configs = places.configured()
    chosen = workspace.chosen(configs, args.image)
    if len(chosen) > 1:
        names = ", ".join(config.image for config in chosen)
        raise UserError(f"which of the images {names}?", "Add: --image NAME")
    version = _version(args.version)
    moving = _moving(repository, chosen[0], version, args.tag)
    with closing(places.registry(repository, chosen[0])) as registry:
        found = _published(registry, chosen[0], version)
        for tag in moving:
            hint = f"Run: imagebump rollback {version} --tag {tag.name}{workspace.flag(chosen[0])}"
            _move(registry, tag, version, found, hint, dry=args.dry_run)
        if not args.dry_run:
            _note(repository, registry.name, found, [tag.name for tag in moving])
        output.say(f"{registry.name}@{found.digest}")
    return 0


def _note(repository: Repository, name: str, found: Found, moved: list[str]) -> None:
    """In the ledger the tags stand on what was published here of that image; of others' it knows nothing."""
    with ledger.opened(repository.state) as book:
        made = [one for one in book.of_digest(found.digest) if one.repository == name]
        releases = [one.id for one in made if any(map(one.tells, one.tags))]
        book.moved((*releases, (found.commit, ""))[0], name, moved)


def _version(text: str) -> Version:
    found = tags.parsed(text.removeprefix("v"))
    if found is None:
        raise UserError(f"{text!r} is no version, expected one such as 1.2.3")
    if found.prerelease is not None:
        raise UserError(f"{found} is a pre-release: tags that move stand on stable releases only")
    return found


def _moving(
    repository: Repository, config: Config, version: Version, names: list[str]
) -> list[Moving]:
    """The tags that are meant. UserError for one that does not follow that version."""
    branch = refs.branch(repository) or refs.default_branch(repository)
    known = tags.moving(config, Source("", branch, VersionFile(version), 0, True))
    if not known:
        raise UserError(
            "no tag moves here: tags.moving is empty",
            'Add to the configuration, and commit: tags.moving = ["latest"]',
        )
    for name in names:
        if name not in {tag.name for tag in known}:
            can = ", ".join(tag.name for tag in known)
            raise UserError(
                f"{name} is no tag that moves to {version}: by tags.moving there are {can}"
            )
    return [tag for tag in known if tag.name in (names or [tag.name])]


def _published(registry: Registry, config: Config, version: Version) -> Found:
    """The image of a version. UserError where it is not published."""
    shape, known = reference.shape(config.tags.release), registry.tags()
    for name in known:
        match = shape.fullmatch(name)
        if match and tags.parsed(match.groupdict().get("version") or "") == version:
            found = registry.find(name)
            if found and found.version == str(version):
                return found
    versions = (tags.parsed(match["version"]) for match in map(shape.fullmatch, known) if match)
    newest = sorted(filter(None, versions), reverse=True)[:5]
    there = f"the newest are {', '.join(map(str, newest))}" if newest else "there are no versions"
    raise UserError(f"{registry.name} has no version {version}; {there}", status=1)


def _move(
    registry: Registry, tag: Moving, version: Version, to: Found, hint: str, *, dry: bool
) -> None:
    standing = registry.find(tag.name)
    before = f"{standing.version or 'no version'} ({standing.digest})" if standing else "nothing"
    if standing and standing.digest == to.digest:
        output.say(f"{tag.name} is on {before} already")
        return
    if (
        not dry
        and registry.put(tag.name, to.digest, standing.digest if standing else "") != to.digest
    ):
        raise UserError(f"{tag.name} was moved by somebody else at the same time", hint, 1)
    output.say(f"{tag.name}: {before} → {version} ({to.digest}){', not moved yet' if dry else ''}")
