"""Whether the packages that a RUN installs leave a process behind: a job of theirs, or a service."""

import re
from collections.abc import Iterator

from imagebump.dockerfile.shell.model import Script, Simple, Word
from imagebump.dockerfile.shell.reading import Reading
from imagebump.rules.known import MANAGERS
from imagebump.rules.programs import base, names, started, written

_MANAGERS = MANAGERS | names("gdebi snap")
_INSTALLS = names(
    "install add upgrade dist-upgrade full-upgrade reinstall build-dep groupinstall localinstall in"
    " swap distro-sync update -S -Sy -Syu -Syyu -U -i -Uvh -ivh --install --configure -n"
)
_LEAVES_A_JOB = re.compile(
    r"google-(?:chrome|earth|talkplugin|cloud-ops)|chrome-remote|microsoft-edge|msedge|opera|vivaldi"
    r"|brave|yandex|slack|skype|teams|dropbox|teamviewer|anydesk|nomachine|datadog|newrelic|amazon-ssm"
    r"|gitlab|snapd|plexmedia|mysql-(?:server|community|cluster)|mariadb|percona|.*mysql.*server"
    r"|rabbitmq|erlang|tailscale|nix|winehq|cups|landscape|resolvconf|openresolv|systemd-resolved|(?!gpg-|gnupg-).*-agent$"
)
_IS_A_SERVICE = re.compile(
    r".*-(?:server|daemon|service|fpm|master|minion)\b|mysql|postgresql|redis|mongodb|nginx|apache2|lighttpd"
    r"|cron|anacron|at$|supervisor|docker|containerd|memcached|elasticsearch|opensearch|kibana|logstash"
    r"|.*beat$|tomcat|jenkins|haproxy|squid|bind9|dnsmasq|postfix|exim|dovecot|sendmail|slapd|samba|proftpd"
    r"|avahi|rsyslog|syslog|clamav|fail2ban|grafana|influxdb|telegraf|prometheus|zabbix|nagios|munin|monit"
    r"|ntp|chron"
    r"|(?:http|ss|ope|telnet|x?inet|vsftp|proftp|collect|distcc|iscsi|lldp|nsc|sss|udev|acpi|smart|etc|dhcpc?)d$"
    r"|rpcbind|nfs|autofs|polkit|varnish|tor$|privoxy|openvpn|strongswan|uwsgi|gunicorn|puppet|salt|chef|consul|vault|nomad"
    r"|cassandra|neo4j|couchdb|solr|zookeeper|kafka|mosquitto|dbus|systemd(?!(?:-sysv)?$)|runit|xrdp|tor=|freeradius"
)
"""Names of services. That of systemd itself is none: where it is not running, its package starts nothing."""

_FILE = re.compile(r"(?:.*/)?[^/]*\.(?:deb|rpm|apk)$|.*://|\.{0,2}/")
_REPOSITORY = re.compile(
    r"(?:https://)?(?:[\w.~-]*/)*(?:packages-microsoft-prod|(?:epel|remi)-release[\w.-]*"
    r"|(?:debian|ubuntu|kali)-archive-keyring[\w.-]*)\.(?:deb|rpm)"
)
"""Packages that hold nothing but the address and the keys of a repository."""

_PASSES = re.compile(
    r"lib|python|ruby|php(?!.*fpm)|perl|node|golang|fonts?-|texlive|r-cran|.*-(?:dev|doc|client|common|utils)$"
)


def leaves_a_job(a: Reading, denies_services: bool) -> str:
    """A package after which a process may go on, or ""; `denies_services`: the base has a policy-rc.d."""
    return next(
        (name for one in a.commands for name in _packages(one) if _runs(name, denies_services)), ""
    )


def _packages(command: Simple) -> Iterator[str]:
    """What a package manager is told to install, as written."""
    values = written(command)
    managers = _MANAGERS & set(started(command))
    if managers and _INSTALLS & set(values):
        start = next(n for n, value in enumerate(values) if base(value) in managers)
        signed = managers == {"apk"} and "--allow-untrusted" not in values
        if values[0] == "xargs" or {"-r", "--files-from", "dselect-upgrade"} & set(values):
            yield from ["$"] * (not signed)  # what a file says
        for word in command.words[start + 1 :]:
            yield from (name for name in _names(word) if not (signed and name[:1] in "$`\"'"))


def _names(word: Word) -> Iterator[str]:
    """The packages that a word names, which may be what a substitution prints."""
    inside = [one for script in word.scripts for one in _plain_commands(script)]
    if word.scripts and word.raw[:2] == "$(" and all(map(_asks_or_prints, inside)):
        found = [v for one in inside if one.name == "echo" for v in written(one)[1:]]
        yield from (name for value in found for name in value.split())
    else:
        text = word.raw if word.value is None else word.value
        yield from [text] * (not text.startswith("-") and text not in _INSTALLS)


def _plain_commands(script: Script) -> Iterator[Simple]:
    """All of its commands, an unknown one in the place of what is no simple one."""
    for one in script.lists:
        for pipeline in one.pipelines:
            for command in pipeline.commands:
                yield command if isinstance(command, Simple) else Simple((), (), ())


def _asks_or_prints(command: Simple) -> bool:
    """Is it `command -v x`, or an `echo` of plain words?"""
    plain = all(word.value is not None for word in command.words)
    return plain and (command.name == "echo" or written(command)[:2] == ["command", "-v"])


def _runs(package: str, denies_services: bool) -> bool:
    """May a process go on? Of a file, and of what the shell computes, nothing is known."""
    name = package.strip("\"'").lower()
    if _FILE.match(name) or name[:1] in ("$", "`"):
        return not _REPOSITORY.fullmatch(name)
    name = re.split(r"[=$`:<>~@]", name)[0]
    if _LEAVES_A_JOB.match(name):
        return not name.endswith(("-client", "-common", "-dev"))
    return not denies_services and not _PASSES.match(name) and bool(_IS_A_SERVICE.match(name))
