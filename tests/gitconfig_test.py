"""Keys of git's configuration."""

from harness import Repo
from imagebump import gitconfig
from repositories import opened


def test_configuration(repo: Repo) -> None:
    """Keys of this clone."""
    with opened(repo) as found:
        assert gitconfig.get(found, "imagebump.python") == ""
        gitconfig.put(found, "imagebump.python", "/a b/python")
        assert gitconfig.get(found, "imagebump.python") == "/a b/python"
        assert repo.git("config", "--local", "imagebump.python") == "/a b/python"
        assert gitconfig.unset(found, "imagebump.python")
        assert not gitconfig.unset(found, "imagebump.python")
