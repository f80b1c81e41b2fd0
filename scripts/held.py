"""What became of the commits, from `imagebump status --json` on standard input and the registry itself."""

import json
import sys
from typing import Any

import requests

KIND = "application/vnd.docker.distribution.manifest.v2+json"


def main(expected: int) -> int:
    """A line a commit; 1 where not all `expected` are published, or the registry says otherwise."""
    records = json.load(sys.stdin)
    published = [record for record in reversed(records) if record["state"] == "done"]
    print(row("VERSION", "COMMIT", "DIGEST", "TAGS"))
    for record in published:
        print(row(record["version"], record["commit"][:7], record["digest"][:19], held(record)))
    missing = expected - len(published)
    if missing:
        print(f"{missing} of {expected} commits are not published: imagebump status says why")
    return int(missing != 0)


def row(*cells: str) -> str:
    """The cells in columns."""
    return "{:9}{:9}{:21}{}".format(*cells)


def held(record: dict[str, Any]) -> str:
    """The tags that the registry holds with the record's digest and commit."""
    host, _, repository = record["repository"].partition("/")
    base = f"http://{host}/v2/{repository}"
    tags = []
    for tag in record["tags"]:
        manifest = requests.get(f"{base}/manifests/{tag}", headers={"Accept": KIND}, timeout=10)
        assert manifest.headers["Docker-Content-Digest"] == record["digest"], (
            f"{tag} is another image"
        )
        tags.append(f"{host}/{repository}:{tag}")
    return "  ".join(tags)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
