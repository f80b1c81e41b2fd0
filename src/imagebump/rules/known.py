"""Programs that are known: which of them put other programs where the shell looks for them."""

from imagebump.rules.programs import names

MANAGERS = names(
    "apt apt-get aptitude apk yum dnf microdnf tdnf zypper pacman dpkg rpm emerge opkg"
)
"""Package managers."""

BUILTINS = names(
    ": . [ alias bg break cd command continue echo eval exec exit export false fg getopts hash"
    " jobs kill local printf pwd read readonly return set shift source test times trap true type"
    " ulimit umask unalias unset wait declare typeset let shopt pushd popd dirs"
)
HARMLESS = BUILTINS | names(
    "basename cat chgrp chmod chown cut date diff dirname du expr find getent grep egrep fgrep head"
    " id ls md5sum mkdir nproc readlink realpath rm rmdir sed sha1sum sha256sum sha512sum sleep"
    " sort tail touch tr uname uniq wc which whoami locale-gen groupadd useradd addgroup adduser"
    " ldconfig dpkg-query file stat env"
)
"""Programs that put no program anywhere."""

KNOWN = HARMLESS | names(
    "add-apt-repository apk apt apt-cache apt-get apt-key aptitude autoconf autoreconf"
    " automake awk bunzip2 bzip2 cmake configure cp curl dd debconf-set-selections dnf dpkg"
    " gawk git gpg gunzip gzip install ln make meson microdnf mv openssl pacman patch rpm"
    " rsync sh bash dash ssh-keygen strip sudo svn tar tee unzip update-alternatives"
    " update-ca-certificates wget xargs xz yum zip zypper ninja hg docker-php-ext-install"
    " jq sponge docker-php-ext-configure docker-php-ext-enable docker-php-source a2enmod a2dismod"
)
"""Programs that another one's installation replaces only where it names them."""

CORE = HARMLESS | names(
    "awk bunzip2 bzip2 cp gunzip gzip install ln mv sh bash dash tar tee xargs xz apt apt-cache"
    " apt-get apt-key aptitude apk dnf dpkg microdnf pacman rpm yum zypper"
)
"""Core utilities and package managers: nothing replaces them without naming them."""

LANGUAGES = names(
    "bundle c++ cargo cc clang composer cpan cpanm easy_install g++ gcc gem go java javac"
    " luarocks mvn node npm npx pear pecl perl php pip pip2 pip3 pnpm python python2 python3 R"
    " Rscript ruby rustup yarn conda"
)
"""Programs that an installer may replace by name, and any script or unknown program without a word."""

FAMILIES = {
    "npx": "npm", "javac": "java", "java": "j(?:dk|re|ava|vm)", "python": "py(?:thon|env|py)|conda",
    "pip": r"pip|pyenv|conda|ensurepip|virtualenv", "node": "node|nvm|fnm|volta|\\bn\\b",
    "npm": "npm|node|nvm|corepack|volta|\\bn\\b", "yarn": "yarn|corepack|node", "go": r"\bgo|golang",
    "ruby": "ruby|rbenv|rvm", "gem": "gem|ruby|rbenv|rvm", "cc": "cc|clang|build-essential",
    "gcc": "gcc|build-essential|alternatives", "g++": "g\\+\\+|gcc|build-essential",
    "cargo": "cargo|rust", "sh": "sh\\b|/bin/", "awk": "awk", "c++": "\\+\\+|clang",
    "R": r"\br-|\bR\b", "perl": "perl", "php": "php", "xargs": "findutils|xargs",
    "find": "findutils|find", "gunzip": "gzip|gunzip", "bunzip2": "bzip2|bunzip2",
}  # fmt: skip
QUIET = BUILTINS | names(
    "basename cat cut date diff dirname du grep egrep fgrep head id ls md5sum mkdir nproc readlink"
    " realpath rmdir sha1sum sha256sum sha512sum sleep sort tail tr uname uniq wc which whoami"
    " groupadd useradd addgroup adduser stat file getent dpkg-query"
) - names("eval exec source . command")
