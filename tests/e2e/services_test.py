"""The services that the other tests rely on."""

import pytest
from docker.errors import ContainerError

from harness import Repo
from services import PASSWORD, USER, Engine, Packaged, Registry


def push(engine: Engine, base_image: str, registry: Registry, name: str) -> str:
    """Push the base image under a name of the test's own; gives what the engine said last."""
    repository = f"{registry.host}/{name}"
    engine.client.images.get(base_image).tag(repository, "1")
    lines = engine.client.api.push(repository, "1", stream=True, decode=True)
    return str([line for line in lines if "aux" in line or "error" in line][-1])


def test_a_registry_keeps_its_images_when_it_is_started_again(
    engine: Engine, base_image: str, own_registry: Registry, image_name: str
) -> None:
    """Stopped it refuses connections; started again it is the same, on the same port."""
    assert own_registry.tags(image_name) == set()
    assert "Digest" in push(engine, base_image, own_registry, image_name)
    digest = own_registry.digest(image_name, "1")
    own_registry.stop()
    assert "refused" in push(engine, base_image, own_registry, image_name)
    own_registry.start()
    assert own_registry.tags(image_name) == {"1"}
    assert own_registry.digest(image_name, "1") == digest
    assert own_registry.labels(image_name, "1") == {}


def test_the_private_registry_wants_its_password(
    engine: Engine, base_image: str, private_registry: Registry, image_name: str
) -> None:
    """Without it a push is refused, with it it is not."""
    assert "no basic auth" in push(engine, base_image, private_registry, image_name)
    engine.client.login(USER, PASSWORD, registry=private_registry.host)
    assert "Digest" in push(engine, base_image, private_registry, image_name)
    assert private_registry.tags(image_name) == {"1"}


def test_the_tiny_engine_runs_out_of_disk(tiny_engine: Engine, base_image: str) -> None:
    """Its store is so small that a large file fills it; the base image is there."""
    fill = ["dd", "if=/dev/zero", "of=/big", "bs=1M", "count=200"]
    with pytest.raises(ContainerError):  # what dd says finds no room in the container's log
        tiny_engine.client.containers.run(base_image, fill, remove=True)


def test_pre_commit_installs_this_working_tree_without_a_network(
    packaged: Packaged, repo: Repo
) -> None:
    """A commit runs the hooks from pre-commit's own environment, made from the wheels on this disk."""
    repo.run("pre-commit", "install")
    repo.write(".pre-commit-config.yaml", packaged.config("imagebump-lint"))
    repo.write("Dockerfile", "FROM scratch\n")
    repo.git("add", ".")
    assert "Passed" in repo.run("git", "commit", "-m", "One").err
