"""Whom a registry's TLS is trusted by: a file of the repository, or of this machine."""

from pathlib import Path

import pytest

from authority import Authority
from imagebump import config
from imagebump.errors import UserError
from imagebump.registry import Access, access_of


def access(more: str, files: dict[str, bytes]) -> Access:
    """What a configuration with `more` in it says."""
    text = f'registry = "r.io"\n{more}\n'.encode()
    (found,) = config.load({".imagebump.toml": text}.get, "app", {})
    return access_of(found, files.get, "commit abc1234")


def test_where_the_certificate_lies(tmp_path: Path) -> None:
    """A relative path is the repository's, an absolute one this machine's."""
    made = Authority.make(tmp_path / "ca")
    data = made.certificate.read_bytes()
    assert access('registry-ca = "ca.pem"', {"ca.pem": data}) == Access(ca=data.decode())
    assert access(f'registry-ca = "{made.certificate}"', {}) == Access(ca=data.decode())
    assert access("insecure = true", {}) == Access(insecure=True)
    assert access("", {}) == Access()


@pytest.mark.parametrize(
    ("path", "data", "line"),
    [
        ("ca.pem", None, "registry-ca = 'ca.pem' is not in commit abc1234. Run: git add ca.pem, and commit"),
        ("ca.pem", b"", "registry-ca = 'ca.pem' holds no certificate. Put "),
        ("ca.pem", b"hunter2", "registry-ca = 'ca.pem' holds no certificate. Put "),
        ("ca.pem", b"\xff\x00", "registry-ca = 'ca.pem' holds no certificate. Put "),
        ("/nowhere/ca.pem", None, "cannot read registry-ca = '/nowhere/ca.pem': No such file or directory. Put "),
    ],
)  # fmt: skip
def test_what_is_no_certificate(path: str, data: bytes | None, line: str) -> None:
    """One line, without what the file holds."""
    with pytest.raises(UserError) as caught:
        access(f'registry-ca = "{path}"', {} if data is None else {path: data})
    assert str(caught.value).startswith(line)
    assert "hunter2" not in str(caught.value)
