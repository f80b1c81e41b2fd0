"""A certificate authority of a test's own, by openssl: certificates for TLS, signatures for tokens."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Authority:
    """A CA whose files are in `root`."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> "Authority":
        """A new one."""
        root.mkdir(parents=True)
        made = cls(root)
        made._openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tests",
            "-keyout", made.key, "-out", made.certificate,
        )  # fmt: skip
        return made

    @property
    def certificate(self) -> Path:
        """Its certificate, in PEM."""
        return self.root / "ca.pem"

    @property
    def key(self) -> Path:
        """Its private key."""
        return self.root / "ca.key"

    def issue(self, address: str) -> tuple[Path, Path]:
        """A certificate for an IP address, and its key."""
        certificate, key = self.root / f"{address}.pem", self.root / f"{address}.key"
        if not certificate.exists():
            self._openssl(
                "req", "-x509", "-CA", self.certificate, "-CAkey", self.key, "-nodes", "-days", "2",
                "-newkey", "rsa:2048", "-subj", f"/CN={address}", "-keyout", key, "-out", certificate,
                "-addext", f"subjectAltName=IP:{address}", "-addext", "basicConstraints=CA:FALSE",
            )  # fmt: skip
        return certificate, key

    def sign(self, data: bytes) -> bytes:
        """RS256 of `data`."""
        return self._openssl("dgst", "-sha256", "-sign", self.key, stdin=data)

    def _openssl(self, *arguments: str | Path, stdin: bytes = b"") -> bytes:
        done = subprocess.run(
            ["openssl", *arguments], input=stdin, capture_output=True, timeout=60, cwd=self.root
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout
