"""Names that a registry would refuse are refused here, with what was expected."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagebump import reference


@pytest.mark.parametrize(
    "host",
    [
        "local", "docker.io", "localhost", "localhost:5000", "dev.docker.local:5000", "ghcr.io",
        "10.0.0.1:80", "[::1]:5000", "[2001:db8::1]", "r:1", "r:65535", "Local:5000", "Local.dev", "a-b.c",
    ],
)  # fmt: skip
def test_registry(host: str) -> None:
    """What docker takes for a host is taken."""
    assert reference.check_registry(host) == host


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("https://ghcr.io/", "a host without a scheme: 'ghcr.io'"),
        ("https://ada:hunter2@ghcr.io", "a host without a scheme: 'ghcr.io'"),
        ("ada:hunter2@ghcr.io", "a host without a login: 'ghcr.io' (docker login keeps one)"),
        ("ada:h/@unter2@ghcr.io:1", "a host without a login: 'ghcr.io:1' (docker login keeps one)"),
        ("ghcr.io/team", "a host alone; what follows the slash belongs into repository"),
        ("", 'a host[:port], "docker.io" or "local"'),
        ("a b.c", 'a host[:port], "docker.io" or "local"'),
        ("a_b.c", 'a host[:port], "docker.io" or "local"'),
        ("-a.c", 'a host[:port], "docker.io" or "local"'),
        ("a.c:", 'a host[:port], "docker.io" or "local"'),
        ("a.c:x", 'a host[:port], "docker.io" or "local"'),
        ("a.c\n", 'a host[:port], "docker.io" or "local"'),
        ("::1", 'a host[:port], "docker.io" or "local"'),
        ("a.c:0", "a port from 1 to 65535"),
        ("a.c:65536", "a port from 1 to 65535"),
        (
            "registry",
            "a host with a domain or a port, as registry:5000: docker reads a bare word as a user of docker.io",
        ),
        (
            "REGISTRY",
            "a host with a domain or a port, as REGISTRY:5000: docker reads a bare word as a user of docker.io",
        ),
        ("Local", 'a host with a domain or a port; the nearest is "local"'),
        ("loacl", 'a host with a domain or a port; the nearest is "local"'),
        ("Localhost", 'a host with a domain or a port; the nearest is "localhost"'),
    ],
)
def test_no_registry(host: str, expected: str) -> None:
    """The ValueError says what is expected instead."""
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        reference.check_registry(host)


@pytest.mark.parametrize("name", ["app", "team/app", "a.b_c__d---e/f0", "0", "a" * 255])
def test_repository(name: str) -> None:
    """The grammar of distribution."""
    assert reference.check_repository(name) == name


_NAMES = "names such as team/app: a-z, 0-9 and single separators . _ - between them"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Team/App", "lower case: 'team/app'"),
        ("a" * 256, "at most 255 characters"),
        *((name, _NAMES) for name in ["", "/a", "a/", "a//b", "-a", "a-", "a..b", "a___b", "a:1"]),
        *((name, _NAMES) for name in ["a@b", "a b", "é", "a\n", ".a/b", "../a"]),
    ],
)
def test_no_repository(name: str, expected: str) -> None:
    """The ValueError says what is expected instead."""
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        reference.check_repository(name)


@pytest.mark.parametrize("tag", ["a", "_", "1.0.0-rc.1_b", "A" * 128])
def test_tag(tag: str) -> None:
    """The grammar of distribution."""
    assert reference.check_tag(tag) == tag


@pytest.mark.parametrize("tag", ["", ".a", "-a", "a+b", "a/b", "a:b", "a b", "é", "a\n", "A" * 129])
def test_no_tag(tag: str) -> None:
    """The ValueError shows the tag."""
    with pytest.raises(ValueError, match=r"at most 128, no \. or - first") as caught:
        reference.check_tag(tag)
    assert str(caught.value).endswith(f"but it gives {tag!r}")


@pytest.mark.parametrize(
    "template",
    ["", "{version}", "v{major}.{minor}-{image}", "{prerelease}x", "{branch}.g{sha}", "{date}"],
)
def test_template(template: str) -> None:
    """Each field can be used, and text between them."""
    assert reference.check_template(template) == template


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{Version}", "fields of {version}, {major}"),
        ("{}", "fields of {version}"),
        ("{0}", "fields of {version}"),
        ("{sha!r}", "fields of {version}"),
        ("{sha:>9}", "fields of {version}"),
        ("{sha.__class__}", "fields of {version}"),
        ("{sha", "a template such as '{version}' (expected '}' before end of string)"),
        ("sha}", "a template such as '{version}' (Single '}' encountered in format string)"),
        ("{{sha}}", "but it gives '{sha}'"),
        ("-{sha}", "but it gives '-abc1234'"),
        ("{sha}/x", "but it gives 'abc1234/x'"),
        ("{sha}" + "x" * 122, "at most 128"),
    ],
)
def test_no_template(template: str, expected: str) -> None:
    """A template that no commit could get a tag from is refused before it is used."""
    with pytest.raises(ValueError, match=re.escape(expected)):
        reference.check_template(template)


def test_plus_becomes_an_underscore() -> None:
    """No tag can hold semver's plus."""
    assert reference.render("v{version}", {"version": "1.0.0+b.1"}) == "v1.0.0_b.1"


@pytest.mark.parametrize(
    ("branch", "field"),
    [
        ("main", "main"),
        ("feature/x", "feature-x"),
        ("a/../b", "a-..-b"),
        ("-.ö x.-", "x"),
        ("", ""),
        ("ö", ""),
    ],
)
def test_branch_field(branch: str, field: str) -> None:
    """A branch's name as a part of a tag."""
    assert reference.branch_field(branch) == field


@pytest.mark.parametrize(
    ("directory", "name"),
    [("app", "app"), ("My App_2", "my-app-2"), ("basic.app", "basic-app"), ("日本", "image")],
)
def test_repository_name(directory: str, name: str) -> None:
    """The nearest name that a registry takes."""
    assert reference.repository_name(directory) == name


@settings(deadline=None)
@given(st.text(max_size=60))
def test_names_of_directories_and_branches_are_valid(text: str) -> None:
    """Whatever a directory or a branch is called, what comes of it can be used."""
    name = reference.repository_name(text)
    assert reference.check_repository(name) == name
    tag = f"x{reference.branch_field(text)}"
    assert reference.check_tag(tag) == tag


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("alpine", "docker.io/library/alpine:latest"),
        ("alpine:3.20", "docker.io/library/alpine:3.20"),
        ("index.docker.io/alpine", "docker.io/library/alpine:latest"),
        ("team/app", "docker.io/team/app:latest"),
        ("localhost/app", "localhost/app:latest"),
        ("r.io:5000/team/app:1", "r.io:5000/team/app:1"),
        ("r.io/app:1@sha256:" + "0" * 64, "r.io/app@sha256:" + "0" * 64),
    ],
)
def test_image(text: str, whole: str) -> None:
    """A name is read as Docker reads it."""
    assert str(reference.image(text)) == whole


@pytest.mark.parametrize("text", ["", "a b", "App", "r.io/", "app@sha256:12", "a:b:c", "$X"])
def test_no_image(text: str) -> None:
    """What is none is refused."""
    with pytest.raises(ValueError, match=r"."):
        reference.image(text)


@pytest.mark.parametrize(
    ("template", "tag", "version"),
    [
        ("{version}", "1.2.3", "1.2.3"),
        ("{version}", "1.2.3-rc.1_build.5", "1.2.3-rc.1_build.5"),
        ("v{version}", "v1.2.3", "1.2.3"),
        ("{image}-{version}-{sha}", "app-1.2.3-abc1234", "1.2.3"),
        ("{version}.{version}", "1.2.3.1.2.3", "1.2.3"),
        ("{version}", "1.2", None),
        ("{version}", "latest", None),
        ("v{version}", "1.2.3", None),
    ],
)
def test_shape(template: str, tag: str, version: str | None) -> None:
    """A version is found in a tag again."""
    found = reference.shape(template).fullmatch(tag)
    assert (found and found["version"]) == version
