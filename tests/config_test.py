"""Every key has a default, a check and an error of one line that names file, key and value."""

import json
import tomllib

import pytest

from imagebump import config
from imagebump.config import Config, value
from imagebump.errors import UserError
from imagebump.keys import KEYS, LINT_RULES
from imagebump.lint import SYNTAX
from imagebump.rules import not_a_dockerfile
from imagebump.rules.table import RULES
from imagebump.sensitive import is_secret
from imagebump.settings import FILE, PYPROJECT, overrides

MINIMAL = 'registry = "r.example.com"\n'


def load(text: str | bytes, environ: dict[str, str] | None = None, file: str = FILE) -> Config:
    """The configuration of a file, in the directory `app`."""
    data = text if isinstance(text, bytes) else text.encode()
    (found,) = config.load({file: data}.get, "app", environ or {})
    return found


def error(text: str | bytes, environ: dict[str, str] | None = None) -> str:
    """The whole line that a .imagebump.toml is refused with."""
    with pytest.raises(UserError) as caught:
        load(text, environ)
    return str(caught.value)


def written(name: str, toml: str) -> str:
    """A configuration in which the key `name` has the value `toml`."""
    section, _, key = name.rpartition(".")
    if name == "registry":
        return f"registry = {toml}\n"
    return f"{MINIMAL}[{section}]\n{key} = {toml}\n" if section else f"{MINIMAL}{key} = {toml}\n"


DEFAULTS: dict[str, object] = {
    "registry": "r.example.com",
    "repository": "app",
    "registry-ca": "",
    "insecure": False,
    "bump.version-file": "VERSION",
    "bump.on": "release-branches",
    "bump.default": "patch",
    "bump.when": "image",
    "bump.contract": "advise",
    "bump.message": "off",
    "bump.git-tag": False,
    "tags.commit": "{sha}",
    "tags.release": "{version}",
    "tags.branch": "",
    "tags.moving": (),
    "tags.sha-length": 7,
    "tags.release-branches": (),
    "build.context": "",
    "build.dockerfile": "Dockerfile",
    "build.target": "",
    "build.args": {},
    "build.network": "",
    "build.max-age": "",
    "build.platforms": (),
    "build.secrets": {},
    "build.ssh": (),
    "build.cache-from": (),
    "build.cache-to": (),
    "build.builder": "auto",
    "build.provenance": False,
    "publish.on": "commit",
    "publish.branches": ("*",),
    "publish.push": True,
    "publish.intermediate": True,
    "publish.claim": "none",
    "publish.keep-images": 3,
    "publish.size-budget": "",
    "publish.retries": "24h",
    "lint.select": ("default",),
    "lint.ignore": (),
    "lint.merge": "worthwhile",
    "lint.fail-on": "warning",
}


def test_defaults() -> None:
    """One line is a whole configuration; where nothing is said, the default is in force."""
    found = load(MINIMAL)
    assert {name: value(found, name) for name in KEYS} == DEFAULTS
    assert found.sources == dict.fromkeys(KEYS, "default") | {"registry": FILE}


@pytest.mark.parametrize(
    ("name", "toml", "expected"),
    [
        ("registry", '"local"', "local"),
        ("registry", '"dev.docker.local:5000"', "dev.docker.local:5000"),
        ("repository", '"team/app"', "team/app"),
        ("registry-ca", '"./certs/ca.pem"', "certs/ca.pem"),
        ("registry-ca", '"/etc/ca.pem"', "/etc/ca.pem"),
        ("insecure", "true", True),
        ("bump.version-file", '"./app//VERSION"', "app/VERSION"),
        ("bump.on", '"none"', "none"),
        ("bump.default", '"none"', "none"),
        ("bump.when", '"always"', "always"),
        ("tags.commit", '"g{sha}"', "g{sha}"),
        ("tags.commit", '""', ""),
        ("tags.release", '"v{version}"', "v{version}"),
        ("tags.branch", '"{branch}.{sha}"', "{branch}.{sha}"),
        (
            "tags.moving",
            '["latest", "{major}", "{major}.{minor}"]',
            ("{major}.{minor}", "{major}", "latest"),
        ),
        ("tags.sha-length", "40", 40),
        ("build.max-age", '"30d"', "30d"),
        ("tags.release-branches", '["main", "release/*"]', ("main", "release/*")),
        ("build.context", '"./services/./app/"', "services/app"),
        ("build.context", '"."', ""),
        ("build.dockerfile", '"docker/app.dockerfile"', "docker/app.dockerfile"),
        ("build.target", '"final"', "final"),
        ("build.args", '{ A = "1", B = "" }', {"A": "1", "B": ""}),
        ("build.network", '"host"', "host"),
        (
            "build.platforms",
            '["linux/arm64/v8", "linux/amd64", "linux/amd64"]',
            ("linux/amd64", "linux/arm64/v8"),
        ),
        (
            "build.secrets",
            '{ npm = "env:NPM_TOKEN", a-b = "file:~/.pip/token" }',
            {"npm": "env:NPM_TOKEN", "a-b": "file:~/.pip/token"},
        ),
        ("build.ssh", '["default"]', ("default",)),
        (
            "build.cache-from",
            '["type=registry,ref=r.io/a:cache"]',
            ("type=registry,ref=r.io/a:cache",),
        ),
        ("build.cache-to", '["type=inline"]', ("type=inline",)),
        ("build.builder", '"session:multi"', "session:multi"),
        ("build.provenance", "true", True),
        ("publish.on", '"manual"', "manual"),
        ("publish.branches", "[]", ()),
        ("publish.push", "false", False),
        ("publish.intermediate", "false", False),
        ("publish.claim", '"git"', "git"),
        ("publish.keep-images", "1", 1),
        ("publish.size-budget", '"2.5 %"', "2.5 %"),
        ("publish.size-budget", '"50MB"', "50MB"),
        ("publish.retries", '"30m"', "30m"),
        ("publish.retries", '""', ""),
        ("lint.select", '["IB001"]', ("IB001",)),
        ("lint.ignore", '["ib006", "Consecutive-Run"]', ("ib006", "Consecutive-Run")),
        ("lint.ignore", '["IB000", "all"]', ("IB000", "all")),
        ("lint.merge", '"all"', "all"),
        ("lint.fail-on", '"error"', "error"),
    ],
)
def test_a_value_of_ones_own(name: str, toml: str, expected: object) -> None:
    """It is in force, normalised, and its source is the file."""
    found = load(written(name, toml))
    assert value(found, name) == expected
    assert found.sources[name] == FILE


_STRING = "a string in quotes"
_INSIDE = "a path inside the repository, relative to its top"
_FILE = "a file inside the repository, relative to its top"
_LIST = 'a list of strings, as ["main"]'
_SOURCES = 'a table of sources, as { npm = "env:NPM_TOKEN", pip = "file:~/.pip" }'
_MOVING = "templates of {major}, {minor}, {branch} and {image}, which move on"
_BUILDER = '"auto", "api", "session", or "session:NAME" with a builder of buildx'
_REPOSITORY = "names such as team/app: a-z, 0-9 and single separators . _ - between them"
_TAG = "a tag (A-Z a-z 0-9 _ . -, at most 128, no . or - first), but it gives"


@pytest.mark.parametrize(
    ("name", "toml", "expected"),
    [
        ("registry", "5000", _STRING),
        ("registry", '""', 'a host[:port], "docker.io" or "local"'),
        ("registry", '"http://r.io/"', "a host without a scheme: 'r.io'"),
        ("registry", '"index.docker.io"', '"docker.io", which is what Docker Hub is called in image names'),
        ("registry-ca", '"../ca.pem"', _INSIDE),
        ("insecure", '"yes"', "true or false"),
        ("repository", "true", _STRING),
        ("repository", '""', _REPOSITORY),
        ("repository", '"Team"', "lower case: 'team'"),
        ("repository", '"team/app:1"', _REPOSITORY),
        ("bump.version-file", "1", _STRING),
        ("bump.version-file", '"../VERSION"', _INSIDE),
        ("bump.version-file", '"a/../../VERSION"', _INSIDE),
        ("bump.version-file", '"/etc/version"', _INSIDE),
        ("bump.version-file", '"~/VERSION"', _INSIDE),
        ("bump.version-file", r'"a\\b"', _INSIDE),
        ("bump.version-file", r'"a\nb"', _INSIDE),
        ("bump.version-file", '""', _FILE),
        ("bump.version-file", '"a/"', _FILE),
        ("bump.version-file", '".git/config"', _FILE),
        ("bump.on", '"main"', 'one of "release-branches", "all", "none"'),
        ("bump.default", "1", 'one of "patch", "minor", "major", "none"'),
        ("bump.when", '"never"', 'one of "image", "always"'),
        ("tags.commit", "7", _STRING),
        ("tags.commit", '"latest"', "a template with {sha}: two commits must not share a tag"),
        ("tags.commit", '"-{sha}"', f"{_TAG} '-abc1234'"),
        ("tags.release", '["v"]', _STRING),
        ("tags.release", '"{major}"', "a template with {version}: two versions must not share a tag"),
        ("tags.release", '"{version}/x"', f"{_TAG} '1.2.3-rc.1/x'"),
        ("tags.branch", "0", _STRING),
        ("tags.branch", '"{branch}"', "a template with {sha}: two commits must not share a tag"),
        ("tags.moving", '"latest"', 'a list of strings, as ["latest"]'),
        ("tags.moving", '["{version}"]', _MOVING),
        ("tags.moving", '["{sha}"]', _MOVING),
        ("tags.moving", '["a b"]', f"{_TAG} 'a b'"),
        ("tags.moving", '["key-1"]', "tags that do not begin with key-, as those of an image's content do"),
        ("build.max-age", '"month"', 'a duration, as "24h", "30m" or "7d", or "" for none'),
        ("tags.sha-length", "6", "a number from 7 to 40"),
        ("tags.sha-length", "41", "a number from 7 to 40"),
        ("tags.sha-length", "true", "a number from 7 to 40"),
        ("tags.sha-length", '"7"', "a number from 7 to 40"),
        ("tags.release-branches", '"main"', _LIST),
        ("tags.release-branches", '[""]', _LIST),
        ("build.context", "[]", _STRING),
        ("build.context", '".."', _INSIDE),
        ("build.context", '"/"', _INSIDE),
        ("build.dockerfile", "1", _STRING),
        ("build.dockerfile", '"../Dockerfile"', _INSIDE),
        ("build.dockerfile", '"."', _FILE),
        ("build.target", "1", _STRING),
        ("build.args", "[]", 'a table of strings, as { NAME = "value" }'),
        ("build.args", "{ A = 1 }", 'a table of strings, as { NAME = "value" }'),
        ("build.args", '{ BUILDKIT_SYNTAX = "a/b:1" }', "the frontend in the Dockerfile, as # syntax=a/b:1, and no BUILDKIT_SYNTAX"),
        ("build.args", '{ Npm_Token = "" }', "no secrets: build arguments show in the image's history (Npm_Token)"),
        ("build.network", "1", _STRING),
        ("build.platforms", '["arm64"]', 'platforms as os/architecture, as ["linux/amd64", "linux/arm64"]'),
        ("build.secrets", '["npm"]', _SOURCES),
        ("build.secrets", '{ npm = "hunter2" }', _SOURCES),
        ("build.secrets", '{ npm = "env:A B" }', _SOURCES),
        ("build.secrets", '{ "a,b" = "env:A" }', 'names of letters, digits, "." "_" "-"'),
        ("build.ssh", '"default"', 'a list of strings, as ["default"]'),
        ("build.cache-from", "1", _LIST),
        ("build.cache-to", '["type=s3,secret_access_key=x"]', "no secrets (secret_access_key): they would show in the list of processes"),
        ("build.builder", '"docker"', _BUILDER),
        ("build.builder", '"session:"', _BUILDER),
        ("build.provenance", "1", "true or false"),
        ("publish.on", '"pull"', 'one of "commit", "push", "manual"'),
        ("publish.branches", '"*"', 'a list of strings, as ["*"]'),
        ("publish.push", '"no"', "true or false"),
        ("publish.push", "1", "true or false"),
        ("publish.keep-images", "0", "a number from 1 on"),
        ("publish.keep-images", "true", "a number from 1 on"),
        ("publish.size-budget", '"50"', 'a share or a size, as "10%" or "50MB", or "" for none'),
        ("publish.retries", "24", "a string in quotes"),
        ("publish.retries", '"1 day"', 'a duration, as "24h", "30m" or "7d", or "" for none'),
        ("lint.select", '"IB001"', 'a list of strings, as ["IB001"]'),
        ("lint.ignore", "[1]", _LIST),
        ("lint.ignore", '["IB001", "IB01"]', "rules that exist: 'IB01' is none, the nearest is IB001"),
        ("lint.ignore", '["consecutive-runs"]', "rules that exist: 'consecutive-runs' is none, the nearest is consecutive-run"),
        ("lint.select", '["defaults"]', "rules that exist: 'defaults' is none, the nearest is default"),
        ("lint.select", '["hadolint-9"]', "rules that exist: 'hadolint-9' is none, known are IB000, IB001, IB002, IB003, IB004, IB005, IB006, IB007, IB008, IB009, IB010, IB011, IB012, IB013"),
        ("lint.fail-on", '"fatal"', 'one of "error", "warning", "info"'),
    ],
)  # fmt: skip
def test_a_bad_value(name: str, toml: str, expected: str) -> None:
    """The error is one line: file, key, the value seen, what is expected."""
    value = tomllib.loads(f"x = {toml}")["x"]
    seen = f"{{ {''.join(value)} = … }}" if isinstance(value, dict) else repr(value)
    assert error(written(name, toml)) == f"{FILE}: {name} = {seen}, expected {expected}"


def test_every_rule_is_known() -> None:
    """The table that hooks check the configuration with names the rules that there are."""
    rules = {SYNTAX: not_a_dockerfile.NAME} | {rule.code: rule.name for rule in RULES.values()}
    assert rules == LINT_RULES


def test_a_secret_is_not_shown() -> None:
    """The value of a build argument that is a secret does not get onto the terminal."""
    assert "hunter2" not in error(f'{MINIMAL}[build.args]\nDB_PASSWORD = "hunter2"\n')


_LOGIN = "https://ada:hunter2@r.io/a"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (f'registry = "{_LOGIN}"', "registry = '***@r.io/a', expected a host without a scheme: 'r.io/a'"),
        ('registry = "ada:hunter2@r.io"', "registry = '***@r.io', expected a host without a login: 'r.io' (docker login keeps one)"),
        (f'{MINIMAL}repository = "{_LOGIN.upper()}"', f"repository = '***@R.IO/A', expected {_REPOSITORY}"),
        (f'{MINIMAL}url = "{_LOGIN}"', "unknown key url = '***@r.io/a'"),
        (f'{MINIMAL}bump = "{_LOGIN}"', "bump = '***@r.io/a', expected a table, as [bump]"),
        (f'{MINIMAL}[publish]\npush = ["{_LOGIN}"]', "publish.push = ['***@r.io/a'], expected true or false"),
        (f'{MINIMAL}[build.args]\nPROXY = "{_LOGIN}"', "build.args = { PROXY = … }, expected no secrets"),
    ],
)  # fmt: skip
def test_a_login_in_an_address_is_not_shown(text: str, seen: str) -> None:
    """Neither the user nor the password, wherever the address stands."""
    line = error(text)
    assert line.startswith(f"{FILE}: {seen}")
    assert "hunter2" not in line.lower()


def test_a_login_in_the_environment_is_neither_shown_nor_recorded() -> None:
    """It is refused; what a job records of it is refused as well."""
    recorded = overrides({"IMAGEBUMP_REGISTRY": "https://ada:hunter2@r.io"})
    assert recorded == {"IMAGEBUMP_REGISTRY": "***@r.io"}
    assert error(MINIMAL, recorded) == (
        "IMAGEBUMP_REGISTRY: registry = '***@r.io', expected a host without a login: 'r.io' (docker login keeps one)"
    )


@pytest.mark.parametrize(
    ("secret", "names"),
    [
        (True, "GITHUB_PAT DB_PASS DB_PWD PASSPHRASE GPG_PASSPHRASE AUTH OAUTH NPM_AUTH AWS_CRED "
               "AWS_CREDS CREDENTIAL GOOGLE_CREDENTIALS APIKEY ApiKey API_KEY API_KEYS "
               "PRIVATE_KEY SSH_PRIVATE_KEY SSH_KEY npmToken Npm_Token NPM_TOKEN2 dbPassword "
               "PGPASSWORD githubPAT AWS_SECRET_ACCESS_KEY AWS_ACCESS_KEY_ID TOKENS clientSecret"),
        (False, "PATH AUTHOR AUTHORS COMPASS PASSENGER PATTERN PATCH COMPAT BYPASS PUBLIC_KEY "
                "SSH_PUBLIC_KEY KEY KEYBOARD TOKENIZER SECRETARY CREDIT PASSIVE VERSION A _ X1 "
                "AUTH_URL PASS_PATH HTTP_PROXY DEPLOY_ENV API_URL ACCESS_LOG UPDATE authorName"),
    ],
)  # fmt: skip
def test_the_name_of_a_secret(secret: bool, names: str) -> None:
    """Its words tell, and no part of a word that means something else."""
    assert {name: is_secret(name) for name in names.split()} == dict.fromkeys(names.split(), secret)


@pytest.mark.parametrize(
    "value",
    [
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "AKIAIOSFODNN7EXAMPLE",
        "sk-proj-0123456789abcdef",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_the_value_of_a_secret(value: str) -> None:
    """How the tokens of well-known services begin is known; the value is not repeated."""
    said = error(f"{MINIMAL}[build.args]\nA = {json.dumps(value)}")
    assert "no secrets: build arguments show in the image's history (A)" in said
    assert value not in said
    assert load(f'{MINIMAL}[build.args]\nA = "task-1234567890ab npm_x"').build.args


def test_no_tag_at_all_is_refused() -> None:
    """A commit could never be published."""
    assert error(f'{MINIMAL}[tags]\ncommit = ""\nrelease = ""') == (
        f'{FILE}: tags.commit = "" and tags.release = "" leave a commit without any tag. Set one of them'
    )


def test_an_address_with_a_user_is_a_build_argument() -> None:
    """Without a password it is no secret."""
    text = f'{MINIMAL}[build.args]\nREPO = "ssh://git@github.com/x"\nMAIL = "a:b@c"\n'
    assert load(text).build.args == {"REPO": "ssh://git@github.com/x", "MAIL": "a:b@c"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("registri = 1", "registri = 1. The nearest known key is registry"),
        ("repo = 'x'", "repo = 'x'. Known keys: registry, repository, registry-ca, insecure, bump, tags, build, publish, lint"),
        ("sha-length = 9", "sha-length = 9. The nearest known key is tags.sha-length"),
        ("[bmup]\non = 'all'", "bmup = { on = … }. The nearest known key is bump"),
        ("[bump]\nversion_file = 'V'", "bump.version_file = 'V'. The nearest known key is bump.version-file"),
        ("[bump]\nxyzzyxyzzy = 1", "bump.xyzzyxyzzy = 1. Known keys: bump.version-file, bump.on, bump.default, bump.when, bump.contract, bump.message, bump.git-tag"),
        ("[tags]\nsha_lenght = 8", "tags.sha_lenght = 8. The nearest known key is tags.sha-length"),
        ("[build]\ndockerFile = 'D'", "build.dockerFile = 'D'. The nearest known key is build.dockerfile"),
        ("[publish]\nbranch = []", "publish.branch = []. The nearest known key is publish.branches"),
        ("[lint]\nfail_on = 'info'", "lint.fail_on = 'info'. The nearest known key is lint.fail-on"),
        ("[lint.ignores]\na = 1", "lint.ignores = { a = … }. The nearest known key is lint.ignore"),
        ("[tags]\ntags.moving = []", "tags.tags = { moving = … }. Leave out tags. below [tags]"),
        ("[tags]\non = 'push'", "tags.on = 'push'. on belongs in [bump] or [publish]"),
        ("[publish]\ncontext = 'a'", "publish.context = 'a'. context belongs in [build]"),
        ("[publish]\ntags.moving = []", "publish.tags = { moving = … }. tags belongs above the tables: what stands below [publish] is part of it"),
        ("[build]\nrepository = 'a'", "build.repository = 'a'. repository belongs above the tables: what stands below [build] is part of it"),
    ],
)  # fmt: skip
def test_an_unknown_key(text: str, line: str) -> None:
    """It is named with its value and the nearest key that there is, at the top and in each section."""
    assert error(f"{MINIMAL}{text}\n") == f"{FILE}: unknown key {line}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 'registry is missing. Add: registry = "local" (or your registry\'s host)'),
        (MINIMAL + "insecure = true\nregistry-ca = 'ca'", "insecure = True is plain HTTP, and does not go with registry-ca. Take insecure out"),
        ("registry = 'docker.io'\nrepository = 'a/b'\ninsecure = true", "insecure = True is plain HTTP, and does not go with registry = 'docker.io'. Take insecure out"),
        ("bump = 'patch'\n" + MINIMAL, "bump = 'patch', expected a table, as [bump]"),
        ("[[build]]\n", "build = [{}], expected a table, as [build]"),
    ],
)  # fmt: skip
def test_a_wrong_shape(text: str, line: str) -> None:
    """A missing registry and a section that is none are said plainly."""
    assert error(text) == f"{FILE}: {line}"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'registry = "\xff"', f"{FILE} is not UTF-8 (byte 12)"),
        (b"registry =", f"{FILE} is not valid TOML: Invalid value (at end of document)"),
        (b"a = 1\na = 2\n", f"{FILE} is not valid TOML: Cannot overwrite a value (at line 2, column 6)"),
        (b"a = " + b"[" * 3000 + b"]" * 3000, f"{FILE} is nested too deeply"),
    ],
)  # fmt: skip
def test_no_toml(data: bytes, line: str) -> None:
    """The error says where."""
    assert error(data) == line


def test_docker_hub_wants_a_user() -> None:
    """There, a name without a slash belongs to Docker's own images."""
    assert error('registry = "docker.io"') == (
        ".imagebump.toml: repository = 'app', expected user/name on docker.io. "
        'Add to .imagebump.toml: repository = "YOUR-NAME/app"'
    )
    assert load('registry = "docker.io"\nrepository = "ada/app"').repository == "ada/app"


def test_no_configuration() -> None:
    """Without a file of ours there is none, whatever else a pyproject.toml holds."""
    assert config.load({"README": b""}.get, "app", {}) == ()
    assert config.load({PYPROJECT: b"[project]\nname = 'x'\n"}.get, "app", {}) == ()
    assert config.load({PYPROJECT: b"broken ="}.get, "app", {}) == ()
    assert config.load({PYPROJECT: b"[tool.other]\n# not tool.imagebump\n"}.get, "app", {}) == ()


def test_pyproject() -> None:
    """[tool.imagebump] is a configuration too, and errors name that file."""
    text = b'[tool.imagebump]\nregistry = "r.io"\n[tool.imagebump.bump]\non = "all"\n'
    found = load(text, file=PYPROJECT)
    assert (found.registry, found.bump.on) == ("r.io", "all")
    assert (found.sources["bump.on"], found.sources["bump.when"]) == (PYPROJECT, "default")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[tool.imagebump]\n", "pyproject.toml: registry is missing."),
        ("[tool.imagebump]\nregistry = 1\n", "pyproject.toml: registry = 1, expected a string"),
        ("[tool.imagebump\n", "pyproject.toml is not valid TOML: "),
        ("tool.imagebump = 3\n", "pyproject.toml: tool.imagebump = 3, expected a table"),
    ],
)
def test_a_bad_pyproject(text: str, line: str) -> None:
    """The same checks, the other file's name."""
    with pytest.raises(UserError) as caught:
        load(text, file=PYPROJECT)
    assert str(caught.value).startswith(line)


def test_tool_is_no_table() -> None:
    """A strange pyproject.toml that only mentions us is not ours to judge."""
    text = b"tool = 3 # no tool.imagebump here\n"
    assert config.load({PYPROJECT: text}.get, "app", {}) == ()


def test_two_configurations() -> None:
    """Which one holds is not guessed."""
    with pytest.raises(UserError) as caught:
        config.load({FILE: MINIMAL.encode(), PYPROJECT: b"[tool.imagebump]\n"}.get, "app", {})
    assert str(caught.value) == (
        "both .imagebump.toml and [tool.imagebump] in pyproject.toml configure imagebump. "
        "Keep one of them"
    )


def test_overrides() -> None:
    """What the environment says wins, is checked, and is named as the source; "" says nothing."""
    given = {
        "IMAGEBUMP_REGISTRY": "ci.example.com",
        "IMAGEBUMP_REPOSITORY": "",
        "IMAGEBUMP_BUMP": "x",
    }
    found = load(MINIMAL, given)
    assert (found.registry, found.repository) == ("ci.example.com", "app")
    assert found.sources["registry"] == "IMAGEBUMP_REGISTRY"
    assert found.sources["repository"] == "default"
    plain = f"{MINIMAL}insecure = true\n"
    assert not load(plain, given).insecure, "it was said of another registry"
    assert load(plain, given | {"IMAGEBUMP_REGISTRY": "r.example.com"}).insecure
    assert error(MINIMAL, {"IMAGEBUMP_REPOSITORY": "A"}) == (
        "IMAGEBUMP_REPOSITORY: repository = 'A', expected lower case: 'a'"
    )


def test_the_environment_is_read_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hook's own environment counts."""
    monkeypatch.setenv("IMAGEBUMP_REPOSITORY", "from/outside")
    (found,) = config.load({FILE: MINIMAL.encode()}.get, "app")
    assert found.repository == "from/outside"


@pytest.mark.parametrize(
    ("patterns", "default", "branch", "release"),
    [
        ("[]", "", "main", True),
        ("[]", "", "master", True),
        ("[]", "", "trunk", False),
        ("[]", "trunk", "trunk", True),
        ("[]", "trunk", "main", False),
        ("[]", "", "", False),
        ('["release/*"]', "main", "release/1", True),
        ('["release/*"]', "main", "main", False),
        ('["*"]', "main", "", False),
    ],
)
def test_release_branches(patterns: str, default: str, branch: str, release: bool) -> None:
    """The configured globs, else origin/HEAD's branch, else the usual names; a detached HEAD never."""
    found = load(f"{MINIMAL}[tags]\nrelease-branches = {patterns}\n")
    assert found.is_release(branch, default) is release


IMAGES = """\
registry = "r.example.com"
repository = "team/shop"
[bump]
default = "minor"
[[image]]
name = "api"
build.context = "api"
[[image]]
name = "web"
repository = "team/site"
build = { dockerfile = "web.Dockerfile", target = "final" }
bump = { version-file = "web.version", default = "patch" }
tags.release = "v{version}"
"""


def test_several_images() -> None:
    """Each has what is said under its name, then what is said for all, then a default of its own."""
    api, web = config.load({FILE: IMAGES.encode()}.get, "app", {})
    assert (api.image, api.repository, api.build.context) == ("api", "team/shop/api", "api")
    assert (api.build.dockerfile, api.bump.version_file) == ("api/Dockerfile", "api/VERSION")
    assert (api.bump.default, api.tags.release) == ("minor", "{version}")
    assert (web.image, web.repository, web.build.target) == ("web", "team/site", "final")
    assert (web.build.dockerfile, web.bump.version_file) == ("web.Dockerfile", "web.version")
    assert (web.bump.default, web.tags.release, web.registry) == (
        "patch",
        "v{version}",
        "r.example.com",
    )
    assert web.sources["bump.default"] == f"{FILE} ([[image]] web)"
    assert api.sources["bump.default"] == FILE
    assert api.sources["build.dockerfile"] == "default"
    assert (api.release("1.0.0"), load(MINIMAL).release("1.0.0")) == ("api/1.0.0", "1.0.0")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("image = 3", f"{FILE}: image = 3, expected tables, as [[image]]"),
        (
            "[[image]]\n",
            f'{FILE}: name = None of [[image]] number 1, expected lowercase letters, digits, "." "_" "-", '
            "a letter first",
        ),
        (
            '[[image]]\nname = "a/b"',
            f"{FILE}: name = 'a/b' of [[image]] number 1, expected lowercase letters, digits, "
            '"." "_" "-", a letter first',
        ),
        (
            '[[image]]\nname = "a"\n[[image]]\nname = "a"',
            f"{FILE}: two [[image]] are called 'a'. Give each its own name",
        ),
        (
            '[[image]]\nname = "a"\nbuild.contex = "a"',
            f"{FILE} ([[image]] a): unknown key build.contex = 'a'. The nearest known key is build.context",
        ),
        (
            '[[image]]\nname = "a"\npublish.push = false',
            f"{FILE} ([[image]] a): unknown key publish = {{ push = … }}. "
            "publish belongs above the first [[image]]",
        ),
        (
            '[[image]]\nname = "a"\nbuild.context = "../a"',
            f"{FILE} ([[image]] a): build.context = '../a', expected a path inside the repository, "
            "relative to its top",
        ),
        (
            '[[image]]\nname = "a"\n[[image]]\nname = "b"',
            f"{FILE}: bump.version-file = 'VERSION' of the images a and b: each needs its own. "
            "Set bump.version-file under [[image]] b",
        ),
        (
            '[[image]]\nname = "a"\nbuild.context = "a"\nrepository = "x"\n'
            '[[image]]\nname = "b"\nbuild.context = "b"\nrepository = "x"',
            f"{FILE}: repository = 'x' of the images a and b: each needs its own. "
            "Set repository under [[image]] b",
        ),
    ],
)
def test_images_that_are_refused(text: str, line: str) -> None:
    """In one line, with the image's name."""
    assert error(f"{MINIMAL}{text}\n") == line


def test_no_override_can_name_several_repositories() -> None:
    """One for all of them would put their tags into one place."""
    line = (
        f"IMAGEBUMP_REPOSITORY = 'x/y': {FILE} has several images. Run: unset IMAGEBUMP_REPOSITORY"
    )
    assert error(IMAGES, {"IMAGEBUMP_REPOSITORY": "x/y"}) == line


@pytest.mark.parametrize(
    ("release", "moving"),
    [("{version}", "1.0.0"), ("v{version}", "v{major}.{minor}.0"), ("{sha}", "abc")],
)
def test_a_tag_that_moves_is_never_a_version(release: str, moving: str) -> None:
    """What might be the tag of a version is refused."""
    tags = f'[tags]\nrelease = "{release}"\nmoving = ["latest", "{moving}"]\n'
    assert error(MINIMAL + tags) == (
        f"{FILE}: tags.moving = {moving!r} could be the tag of a version, {release!r}, which never moves"
    )


def test_tags_that_move_follow_versions() -> None:
    """Without a version's tag there is nothing to follow."""
    said = error(f'{MINIMAL}[tags]\nrelease = ""\nmoving = ["latest"]\n')
    assert said == f'{FILE}: tags.moving follows versions, and tags.release = ""'
