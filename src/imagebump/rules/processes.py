"""Whether a RUN leaves a process behind, which Docker would end before the next RUN."""

import re
from collections.abc import Iterator

from imagebump.dockerfile.shell.model import Simple
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.known import KNOWN, LANGUAGES
from imagebump.rules.programs import base, names, programs, remembered, started, texts, written

_DAEMONS = names(
    "service systemctl invoke-rc.d rc-service openrc pg_ctl pg_ctlcluster pg_createcluster nohup"
    " setsid daemon daemonize start-stop-daemon supervisord supervisorctl mysqld mysqld_safe mariadbd"
    " mariadbd-safe mysql.server postgres postmaster redis-server mongod memcached nginx httpd"
    " apache2 apachectl apache2ctl sshd cron crond rsyslogd syslog-ng dockerd containerd dbus-daemon"
    " dbus-launch rabbitmq-server rabbitmqctl elasticsearch ssh-agent Xvfb Xvnc"
    " vncserver screen tmux at batch bazel bazelisk buck gradle gradlew mvnd sccache watchman adb"
    " emulator dotnet nix-daemon slapd named cassandra neo4j vault consul etcd minikube start-dfs.sh"
    " start-all.sh init-system-helpers sbt catalina.sh startup.sh docker-entrypoint.sh"
    " varnishd wine wine64 wineboot postfix pm2 asadmin zkServer.sh gitlab-ctl Xorg start"
    " lighttpd php-fpm haproxy squid dnsmasq avahi-daemon cupsd mpd jackd pulseaudio winetricks spring rails"
    " run-parts strmqm db2start rabbitmq-plugins rabbitmq-diagnostics dropbear flutter inetd xinetd atd"
    " proftpd vsftpd scala scalac scala-cli bloop mill msbuild emacsclient podman systemd-run monit"
    " distccd eslint_d prettierd nvidia-persistenced flatpak snap meteor pants pantsd turbo nx fsc nailgun"
    " svnserve puppet chef-client chef-solo salt-minion gunicorn uwsgi celery pkcsslotd"
    " pcscd dhclient udhcpc dhcpcd dbus-run-session acpid udevd systemd-udevd lvmetad multipathd rpcbind rpc.statd ypbind nscd sssd chronyd ntpd"
    " collectd telegraf filebeat datadog-agent newrelic-daemon gpm"
    " ibus-daemon fcitx kdeinit5 gnome-keyring-daemon gconftool-2 dconf gio tracker"
    " xfce4-session startx xinit xdg-open libreoffice soffice"
    " stunnel stunnel4 tinyproxy privoxy unbound clamd smbd nmbd winbindd dovecot krb5kdc kadmind asterisk"
    " kamailio opensips keepalived saslauthd opendkim zabbix_agentd zabbix_server named-pkcs11 nsd knotd"
    " freeswitch ircd lircd bluetoothd buck2 gsettings xfconf-query"
    " sqlservr lsnrctl dbca wsadmin.sh startServer.sh"
)
_ASKS = frozenset(["--version", "-version", "-V", "-v", "--help", "--info", "-h"])
_CHECKS = {
    **dict.fromkeys(["httpd", "apache2", "apachectl", "apache2ctl"], names("-t -S configtest")),
    **dict.fromkeys(["nginx", "sshd"], names("-t -qt -tq -T")),
    "php-fpm": names("-t"),
    "dotnet": names("--list-sdks --list-runtimes"),
}
"""What tells of a program's own settings, and ends."""

_BESIDE = re.compile(r"[<>]\(")
_START = re.compile(r"(?:[\w.-]++:)?start(?:up)?(?:-[a-z-]+)?|--start")
_NAMED_SO = re.compile(
    r"(?:^|.*[-_.])(?:re)?start(?:[-_.].*|$)|.*start$|.*daemon.*|.*d_(?:multi|safe)$"
)
_RUNNERS = names(
    "npx bunx pnpx yarn pnpm npm bundle poetry pipenv pdm hatch rye uv uvx xvfb-run mise asdf"
)
_DETACHES = re.compile(r"-+(?:daemon|daemonize|detach|detached|fork|background)(?:=.*)?")
_GOES_ON = re.compile(r"-(?:[dD]|bd|daemon|background|bg)")
_KNOWN = KNOWN | LANGUAGES | names("mktemp usermod")
"""Those to which -d means something else."""
_CLUSTER = re.compile(r"-[a-zA-Z]*[fb][a-zA-Z]*|--background")
_BACKGROUND = re.compile(r"(?:^|[^&>|])&\s*(?:$|[^&>\d\w=])")
_CODE = re.compile(
    r"Popen|\bp?open[23]?\(.*&|\bspawn|\bfork\b|setsid|[Dd]aemon|detached|new_session|proc_open|nohup"
)
"""What starts another process in a language that is none of the shell's."""

_AT_AN_END = re.compile(r"(?<!&)&\s*(?:$|[\"'\\);])")
"""A `&` that is hardly an operator of such a language."""

_READS_CODE = LANGUAGES | names("awk gawk mawk make gmake vim vi nvim ed ex tclsh lua expect")
_SERVES = re.compile(r"(?:.*[/\s])?sccache(?:\s.*)?")
"""A compiler's wrapper that starts a server by itself."""

_INIT = re.compile(r"/etc/(?:rc\.d/)?init\.d/|/etc/rc\d*\.d/")


def processes(a: Reading) -> Iterator[str]:
    """A clause for each command that may leave one."""
    if any(map(_BESIDE.match, texts(a))):
        yield "may leave a process behind (a process substitution)"
    for command in a.commands:
        if (name := _leaves_one(command)) is not None:
            yield f"may leave a process behind ({name})"


@remembered
def _leaves_one(command: Simple) -> str | None:
    """The program by which it may."""
    values = written(command)
    if any(map(_SERVES.fullmatch, _told(command, values))):
        return "sccache"
    asks = len(values) == 2 and values[1] in _ASKS | _CHECKS.get(base(values[0]), _ASKS)
    asks = asks or _sets_offline(values)
    found = _DAEMONS.intersection(programs(command))
    if found and not asks:
        return min(found)
    starts = _starts_something(command, values) or (not asks and _looks_like_one(command, values))
    scripts = values if values[:1] in (["sh"], ["bash"]) else values[:1]
    goes_on = any(map(_INIT.search, scripts)) or any(map(_DETACHES.fullmatch, values))
    return values[0] if starts or goes_on else None


def _told(command: Simple, values: list[str]) -> Iterator[str]:
    """What is assigned to a variable, in whatever way."""
    yield from (word.text for each in command.assignments for word in each.words)
    yield from (value.partition("=")[2] for value in values if "=" in value)


def _sets_offline(values: list[str]) -> bool:
    """Is it `rabbitmq-plugins enable --offline`, which writes a file and speaks to no node?"""
    place = next((n for n, value in enumerate(values) if base(value) == "rabbitmq-plugins"), -1)
    plain = place == 0 or (place == 2 and values[0] in ("gosu", "su-exec"))
    sets = {"enable", "disable", "set"} & set(values[place + 1 : place + 2])
    return plain and bool(sets) and "--offline" in values


def _starts_something(command: Simple, values: list[str]) -> bool:
    """Is something told to start, or to go on by itself, or given a script that says so?"""
    found = set(programs(command))
    if any(map(_START.fullmatch, values[1:])) and found - {"echo", "printf"}:
        return True
    if found & {"ssh", "wget", "curl", "sudo"} and any(map(_CLUSTER.fullmatch, values[1:])):
        return bool(found & {"ssh"}) or any("b" in v for v in values if _CLUSTER.fullmatch(v))
    if found & _READS_CODE and any(map(_goes_on, values[1:])):
        return True
    scripted = found & {"echo", "printf", "env", "ssh", "su", "sudo", "xargs", "script"}
    return bool(scripted) and any(map(_BACKGROUND.search, values[1:]))


def _goes_on(value: str) -> bool:
    """Is it a script, in whatever language, that may leave a process behind?"""
    is_code = any(map(value.__contains__, " (;"))
    return is_code and bool(_CODE.search(value) or _AT_AN_END.search(value))


def _looks_like_one(command: Simple, values: list[str]) -> bool:
    """Is it named like what starts something, or a program of which nothing is known told to go on?"""
    found = set(started(command))
    runs = values[1:4] if found & _RUNNERS else []
    return (
        any(map(_NAMED_SO.fullmatch, {*found, base(values[0]).rstrip("\"'")} if values else found))
        or bool(_DAEMONS & set(map(base, runs)))
        or (not found & _KNOWN and any(map(_GOES_ON.fullmatch, values[1:])))
        or any("controlpersist" in value.lower() for value in values)
    )
