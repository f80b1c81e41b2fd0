"""The README's way to the first image, typed as it stands there."""

import re
from pathlib import Path

from harness import CHECKOUT, Repo, free_port
from services import Engine

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def commands(heading: str) -> list[str]:
    """The lines to type of a section, up to the next heading."""
    section = re.split(
        r"^#+ ", README.partition(f" {heading}\n")[2], maxsplit=1, flags=re.MULTILINE
    )[0]
    return re.findall(r"^\$ (.*)$", section, re.MULTILINE)


def test_from_the_installation_to_the_first_image(
    repo: Repo, engine: Engine, base_image: str
) -> None:
    """With plain hooks; the package is installed, and the port is one that is free."""
    here = repo.having(DOCKER_HOST=engine.host)
    here.write("Dockerfile", f"FROM {base_image}\nCOPY src /src\n")
    here.write("src/app.txt", "hello\n")
    install, *typed = (
        commands("Install") + commands("With plain Git hooks") + commands("The first image")
    )
    assert install == "pip install CHECKOUT"
    port = free_port()
    try:
        for line in typed:
            up = "imagebump registry up"
            # without an engine, so that no image is pulled for it
            line = f"DOCKER_HOST=tcp://127.0.0.1:1 {up} --port {port}" if line == up else line
            ran = here.run("sh", "-c", line)
        assert f"1.0.0 done: localhost:{port}/app:" in ran.out
    finally:
        here.run("imagebump", "registry", "down")


def test_the_commit_for_pre_commit(repo: Repo, tmp_path: Path) -> None:
    """One hash, of a clone that knows its origin's HEAD too, and of an address."""
    one = repo.commit("One")
    repo.git("clone", "--quiet", ".", tmp_path / "clone")
    line = re.findall(r"rev: COMMIT .*?: (git .*)$", README, re.MULTILINE)[0]
    for checkout in (repo.path, tmp_path / "clone", f"file://{tmp_path}/clone"):
        assert repo.run("sh", "-c", line.replace("CHECKOUT", str(checkout))).out == f"{one}\n"
