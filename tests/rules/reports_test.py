"""The rules that only report: what each of them finds, and what it leaves alone."""

import pytest

from imagebump.lint import lint
from imagebump.rules.model import LintSettings

LISTS = b" && rm -rf /var/lib/apt/lists/*\n"

FOUND = [
    ("IB002", b"RUN apt-get update\nCOPY a b\n", 2, "package index of apt-get"),
    ("IB002", b"RUN apk update\nRUN make\n", 2, "package index of apk"),
    ("IB002", b"RUN yum makecache\n", 2, "package index of yum"),
    ("IB003", b"RUN wget -O /x https://h\nCOPY a /b\nRUN rm /x\n", 4, "deletes /x, which line 2 wrote"),
    ("IB003", b"RUN wget -O x https://h\nCOPY a /b\nRUN rm x\n", 4, "deletes x, which line 2 wrote"),
    ("IB003", b"COPY x.tgz /tmp/\nRUN tar xf /tmp/x.tgz && rm /tmp/x.tgz\n", 3, "line 2 copied"),
    ("IB003", b"COPY x /opt/x\nRUN a\nRUN rm /opt/x\n", 4, "deletes /opt/x, which line 2 copied"),
    ("IB004", b"COPY a /b\nRUN chmod 755 /b\n", 3, "the mode of /b, which line 2 copied: the image holds it twice; use COPY --chmod=755"),
    ("IB004", b"COPY a /b\nRUN chmod +x /b\n", 3, "commit it with that mode, or use COPY --chmod with octal digits"),
    ("IB004", b"COPY --from=x a /b\nRUN chmod +x /b\n", 3, "twice; use COPY --chmod with octal digits"),
    ("IB004", b"ADD https://h/a /b\nRUN x && chmod 755 /b\n", 3, "use ADD --chmod=755"),
    ("IB004", b"COPY a/x /b\nRUN chmod 755 /b/x\n", 3, "the mode of /b/x"),
    ("IB004", b"COPY a b /c/\nRUN y\nRUN chmod 755 /c/*\n", 4, "the mode of /c/a"),
    ("IB004", b"COPY . /app\nRUN chown -R app:app /app\n", 3, "the owner of /app, which line 2 copied: the image holds it twice; use COPY --chown=app:app"),
    ("IB004", b"COPY . /home/app/x\nRUN a; chown -R $U /home/app\n", 3, "twice; use COPY --chown"),
    ("IB004", b"COPY a /b\nRUN chgrp x /b\n", 3, "the group of /b, which line 2 copied: the image holds it twice; use COPY --chown"),
    ("IB004", b"WORKDIR /app\nCOPY a b/\nRUN chmod 1 b/a\n", 4, "the mode of /app/b/a"),
    ("IB004", b"WORKDIR $X\nCOPY a b/\nRUN chmod 1 b/a\n", 4, "the mode of b/a"),
    ("IB005", b"COPY x.tar /tmp/\nRUN tar xf /tmp/x.tar\n", 2, "x.tar is copied to be unpacked by line 3"),
    ("IB005", b"WORKDIR /y\nCOPY a/x.tgz b.tgz\nRUN a\nRUN cd /z && tar --extract --file=x -f /y/b.tgz\n", 3, "by line 5"),
    ("IB005", b"COPY x.tar.xz /opt\nRUN tar -C /opt -xf /opt/x.tar.xz\n", 2, "by line 3"),
    ("IB007", b"COPY a.x /b/\nCOPY c.x /b/\n", 3, "this COPY and line 2 bring files to one directory"),
    ("IB007", b"COPY --from=d Makefile .\nCOPY --from=d e.x .\n", 3, "one COPY takes several"),
    ("IB008", b"RUN apt-get update && apt-get install -y x\n", 2, "/var/lib/apt/lists"),
    ("IB008", b"RUN apk add x\n", 2, "use apk add --no-cache"),
    ("IB008", b"RUN dnf install -y x\n", 2, "dnf clean all"),
    ("IB008", b"RUN yum install -y x && rm -rf /tmp/*\n", 2, "yum clean all"),
    ("IB008", b"RUN zypper install -y x\n", 2, "zypper clean"),
    ("IB008", b"RUN pip3 install x\n", 2, "pip install --no-cache-dir"),
    ("IB008", b"RUN --mount=type=cache,target=/c pip install x\n", 2, "pip install --no-cache-dir"),
    ("IB009", b"RUN cd /x\n", 2, "ends in cd"),
    ("IB009", b"RUN a && cd /x\n", 2, "use WORKDIR"),
    ("IB009", b"RUN export X=1\n", 2, "sets X at its end"),
    ("IB009", b"RUN a; X=1\n", 2, "use ENV"),
    ("IB009", b"RUN a && . ./venv/bin/activate\n", 2, "reading a script into its shell (.)"),
    ("IB009", b"RUN source /x/activate\n", 2, "reading a script into its shell (source)"),
    ("IB010", b"COPY . .\nRUN npm ci\n", 2, "every change of a file runs line 3 again (npm ci); copy package.json and package-lock.json first"),
    ("IB010", b"ADD ./ /x\nWORKDIR /x\nRUN a && pip3 install --no-cache-dir -r req/dev.txt\n", 2, "copy req/dev.txt first"),
    ("IB010", b"COPY . .\nRUN python3 -m pip install -q --requirement=r.txt\n", 2, "(pip install -r r.txt)"),
    ("IB010", b"COPY . .\nRUN a\nRUN go mod download\nFROM scratch\n", 2, "runs line 4 again (go mod download); copy go.mod and go.sum"),
    ("IB010", b"COPY . .\nRUN yarn --frozen-lockfile\n", 2, "yarn.lock"),
    ("IB011", b"ARG GIT_COMMIT\nRUN a\nRUN b\n", 2, "2 RUNs run again whenever GIT_COMMIT changes"),
    ("IB011", b"ARG VERSION\nRUN a\nENV V=$VERSION\nRUN b\n", 2, "line 3 runs again"),
    ("IB011", b"ARG BUILD_DATE=x\nRUN a\n", 2, "declare it behind line 3"),
    ("IB012", b"COPY .npmrc ./\n", 2, ".npmrc may hold a secret"),
    ("IB012", b"COPY a config/.env b/\n", 2, "config/.env may hold a secret"),
    ("IB012", b"ADD id_rsa /root/.ssh/id_rsa\n", 2, "id_rsa may hold a secret"),
    ("IB012", b"COPY tls/server.key /etc/\n", 2, "server.key"),
    ("IB013", b"FROM debian\n", 2, "debian may be another image tomorrow"),
    ("IB013", b"FROM h:5000/a/b\n", 2, "h:5000/a/b"),
    ("IB013", b"FROM a:latest AS b\n", 2, "a:latest"),
]  # fmt: skip

SILENT = [
    ("IB002", b"RUN apt-get update\nRUN apt-get install x" + LISTS),
    ("IB002", b"RUN apt-get update && apt-get install x\nCOPY a b\n"),
    ("IB002", b"RUN --mount=type=cache,target=/var/lib/apt apt-get update\nCOPY a b\n"),
    ("IB003", b"RUN wget -O /x https://h\nRUN rm /x\n"),
    ("IB003", b"RUN wget -O x https://h\nWORKDIR /y\nRUN rm x\n"),
    ("IB003", b"RUN wget -O /x https://h && rm /x\nCOPY a /b\nRUN rm -f /y\n"),
    ("IB003", b"COPY a $B/\nRUN rm $B/a\n"),
    ("IB003", b"RUN wget -O /x https://h\nCOPY a /b\nRUN rm /x\nFROM scratch\n"),
    ("IB004", b"RUN chmod 755 /b\nCOPY a /b\n"),
    ("IB004", b"COPY --chmod=755 a /b\nRUN chmod 755 /c /b/x\n"),
    ("IB004", b"COPY a /b\nRUN if x; then chmod 755 /b; fi\n"),
    ("IB004", b"COPY a b/\nWORKDIR /x\nRUN chmod 1 b/a\n"),
    ("IB004", b"COPY a b/\nRUN cd /x && chmod 1 b/a\n"),
    ("IB004", b"COPY a $X\nRUN chmod 1 /b/a\n"),
    ("IB004", b"COPY a /b\nRUN chmod 1 /b\nFROM scratch\n"),
    ("IB005", b"COPY x.tar /tmp/\nRUN tar tf /tmp/x.tar\n"),
    ("IB005", b"COPY x.tar /tmp/\nRUN tar xf /tmp/y.tar\n"),
    ("IB005", b"COPY --from=y x.tar /tmp/\nRUN tar xf /tmp/x.tar\n"),
    ("IB005", b"COPY x.zip /tmp/\nRUN tar xf /tmp/x.zip\n"),
    ("IB005", b"COPY x.tar /tmp/\nRUN tar xf /tmp/x.tar\nFROM scratch\n"),
    ("IB007", b"COPY a.x /b/\nRUN c\nCOPY c.x /b/\n"),
    ("IB007", b"COPY a.x b /b/\nCOPY c.x /b/\n"),
    ("IB007", b"COPY a.x /b\nCOPY c.x /b\n"),
    ("IB007", b"COPY a.x /b/\nCOPY --chown=1 c.x /b/\n"),
    ("IB008", b"RUN apt-get update && apt-get install -y x" + LISTS),
    ("IB008", b"RUN apt-get update && apt-get install -y x && rm -rf /var/lib/apt/lists\n"),
    ("IB008", b"RUN apt-get update && apt-get install -y x\nRUN rm -rf /var/lib/apt/lists/*\n"),
    ("IB008", b"RUN --mount=type=cache,target=/var/lib/apt apt-get update && apt-get install x\n"),
    ("IB008", b"RUN apk add --no-cache x\n"),
    ("IB008", b"RUN yum install -y x && yum clean all\n"),
    ("IB008", b"RUN pip install --no-cache-dir x\n"),
    ("IB008", b"ENV PIP_NO_CACHE_DIR=1\nRUN pip install x\n"),
    ("IB008", b"RUN --mount=type=cache,target=/root/.cache pip install x\n"),
    ("IB008", b"RUN apk add x\nFROM scratch\n"),
    ("IB008", b"RUN echo apk add x\n"),
    ("IB009", b"RUN cd /x && a\n"),
    ("IB009", b"RUN (cd /x)\n"),
    ("IB009", b"RUN X=1 a\n"),
    ("IB009", b"RUN for x in a b; do c=$x; done\n"),
    ("IB009", b"RUN [ a = b ]\n"),
    ("IB009", b'SHELL ["powershell"]\nRUN cd x\n'),
    ("IB010", b"COPY package.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n"),
    ("IB010", b"COPY src .\nRUN npm ci\n"),
    ("IB010", b"COPY . .\nRUN npm install -g x && pip install x && npm ci --prefix y\n"),
    ("IB010", b"COPY . .\nRUN pip install .\n"),
    ("IB010", b"COPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci\n"),
    ("IB010", b"COPY --from=x . .\nRUN npm ci\n"),
    ("IB010", b"COPY . .\nFROM b:1\nRUN npm ci\n"),
    ("IB011", b"RUN a\nARG GIT_COMMIT\nLABEL c=$GIT_COMMIT\n"),
    ("IB011", b"ARG GIT_COMMIT\nRUN make C=$GIT_COMMIT\nRUN b\n"),
    ("IB011", b"ARG VERSION=1.2\nRUN a\n"),
    ("IB011", b"ARG PYTHON_VERSION\nRUN a\n"),
    ("IB012", b"COPY .env.example ./\n"),
    ("IB012", b"COPY signing-public.key /etc/\n"),
    ("IB012", b"ADD https://h/release.key /etc/\n"),
    ("IB012", b"COPY .npmrc ./\nFROM scratch\n"),
    ("IB013", b"FROM a:1\nFROM b@sha256:1\nFROM $X\nFROM scratch\n"),
    ("IB013", b"FROM a:1 AS Base\nFROM base\n"),
]


@pytest.mark.parametrize(("code", "source", "line", "what"), FOUND)
def test_found(code: str, source: bytes, line: int, what: str) -> None:
    """One finding, on its line, in words that say what to do."""
    (finding,) = lint(b"FROM base:1\n" + source, "Dockerfile", LintSettings(select=(code,)))
    assert (finding.code, finding.line, what in finding.message) == (code, line, True)


@pytest.mark.parametrize(("code", "source"), SILENT)
def test_silent(code: str, source: bytes) -> None:
    """What is in order, or cannot be told, is left alone."""
    assert lint(b"FROM base:1\n" + source, "Dockerfile", LintSettings(select=(code,))) == ()
