# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets and traces of one machine that are known by where they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Place(NamedTuple):
    """A file whose path (relative to the root) ``path`` finds is a ``kind``, where ``holds`` finds it in its content.

    Without ``holds`` it is one whenever it is not empty.
    """

    kind: str
    path: re.Pattern[str]
    holds: re.Pattern[bytes] | None = None


def _place(kind: str, path: str, holds: bytes | None = None) -> Place:
    return Place(kind, re.compile(path), None if holds is None else re.compile(holds, re.MULTILINE | re.IGNORECASE))


_HOME = r"(?:^|/)"
_VALUE = rb"[\"']?[^\s\"'#;<$]"
"""The beginning of a value that is there and is no variable."""
_PASSWORD_IS = rb"^\s*[\w.-]*pass(?:wd|word|phrase|code)?\s*[:=]\s*" + _VALUE

PLACES = (
    # Users. shadow(5), gshadow(5), htpasswd(1): what is too short for a hash locks the account or names another file.
    _place(
        "the hash of a password",
        r"^etc/(?:shadow|gshadow|passwd|group)[-+~]?$|^etc/(?:shadow|gshadow)\.|htpasswd|^etc/smbpasswd$",
        rb"^[^:#\n]+:!*[^:!*\s][^:\s]{12,}(?::|$)",
    ),
    _place("the hash of a password", r"htdigest", rb"^[^:\n]+:[^:\n]+:[0-9a-f]{32}$"),
    _place("former passwords", r"^etc/security/opasswd"),
    _place("a password", r"^var/cache/debconf/passwords\.dat", rb"^Value: \S"),
    _place(
        "a password of GRUB",
        r"^etc/grub\.d/|grub\.cfg$|grub2?/user\.cfg$",
        rb"^\s*password\s+\S+\s+\S|^GRUB2_PASSWORD=",
    ),
    # Private keys, for what their content does not tell.
    _place("an SSH host key", r"(?:^|/)(?:ssh_host_\w+_key|dropbear_\w+_host_key)$"),
    _place("a private key of SSH", r"(?:^|/)id_(?:rsa|dsa|ecdsa|ed25519|xmss)(?:_sk)?$|(?:^|/)\.ssh/identity$"),
    _place(
        "a private key",
        r"\.gnupg/(?:private-keys-v1\.d/|secring\.gpg)|\.(?:jks|keystore|bcfks)$|^etc/munge/munge\.key$",
    ),
    _place(
        "stored passwords",
        r"\.(?:kdbx?|kwl)$|/keyrings/[^/]+\.keyring$|(?:^|/)(?:logins\.json|key[34]\.db|Login Data)$",
    ),
    _place("a session of a browser", r"(?:^|/)(?:cookies\.sqlite|Cookies)$"),
    # Kerberos, LDAP, Samba
    _place("a keytab", r"\.keytab$"),
    _place("Kerberos tickets", r"(?:^|/)krb5cc_"),
    _place("a Kerberos master key", r"^(?:etc|var/lib)/krb5kdc/(?:\.k5\.|stash|principal)"),
    _place("secrets of Samba", r"/samba/(?:private/)?(?:secrets|passdb)\.[a-z]+$"),
    _place("a password of LDAP", r"^etc/.*ldap[^/]*\.secret$|^var/lib/sss/(?:secrets|db)/"),
    _place(
        "a password of LDAP",
        r"^etc/.*(?:ldap|nslcd|sssd|slapd)",
        rb"^\s*(?:bindpw|rootpw|olcRootPW:{1,2}|rootpwmodpw)\s+"
        + _VALUE
        + rb"|^\s*ldap_default_authtok\s*=\s*"
        + _VALUE,
    ),
    # Networks. pppd(8): "" is no password, "*" none that can be given, @ names a file.
    _place(
        "a password of PPP",
        r"^etc/(?:ppp/[^/]*secrets|xl2tpd/[^/]*secrets)$",
        rb"^[ \t]*(?!#)\S+[ \t]+\S+[ \t]+(?!\"?[*@]?\"?[\s#])(?!@)[^\s#]",
    ),
    _place(
        "a secret of IPsec",
        r"ipsec(?:\.d/[^/]*)?\.secrets$|^etc/swanctl/",
        rb"\b(?:PSK|XAUTH|EAP)\s+\"?\S|^\s*secret\w*\s*=\s*" + _VALUE,
    ),
    _place(
        "a key of a wireless network",
        r"wpa_supplicant[^/]*\.conf$|^etc/network/interfaces|^etc/hostapd/",
        rb"^\s*(?:psk|password|sae_password|wep_key\d|private_key_passwd|wpa_psk|wpa_passphrase|wpa-psk|wpa-password|"
        rb"wireless-key)\s*[=\s]\s*" + _VALUE,
    ),
    _place(
        "a secret of NetworkManager",
        r"\.nmconnection$|^etc/NetworkManager/system-connections/",
        rb"^[a-z0-9.-]*(?:psk|password|wep-key\d|pin|secret)=\S",
    ),
    _place("a key of a wireless network", r"^var/lib/(?:iwd|connman)/", rb"^(?:Passphrase|PreSharedKey|Password)=\S"),
    _place("a secret of a network", r"^etc/netplan/", rb"^\s*\"?(?:password|auth-key|key)\"?\s*:\s*" + _VALUE),
    _place("a key of time servers", r"^etc/(?:chrony/chrony|ntp|chrony|ntpsec/ntp)\.keys$", rb"^\s*\d+\s+\S+\s+\S"),
    _place("a password of SNMP", r"^(?:etc|var/lib)/snmp/", rb"^\s*(?:createUser\s+\S+\s+\S+\s+\S|usmUser\s)"),
    # Programs that log in somewhere
    _place("a password", r"(?:^|/)[._]netrc$|^etc/apt/auth\.conf", rb"\bpassword\s+\S"),
    _place("a password", r"(?:^|/)\.(?:git-credentials|pgpass|vault-token|smbcredentials)$|\.subversion/auth/"),
    _place("a password", r"(?:^|/)\.?(?:my|mylogin|client|debian)\.cnf$|^etc/mysql/", _PASSWORD_IS),
    _place("a password", r"(?:^|[/._-])cred(?:ential)?s?(?:[._-][^/]*)?$|^etc/(?:cifs|samba)/", _PASSWORD_IS),
    _place("a password", r"^etc/(?:fstab|auto[._])", rb"\bpass(?:word)?=[^\s,]"),
    _place(
        "a password of a mail server",
        r"(?:^|/)\.?(?:msmtprc|fetchmailrc|mbsyncrc|muttrc|offlineimaprc)$|^etc/(?:msmtp|ssmtp|nullmailer)|\.mutt/",
        rb"\bpass(?:word)?\s+\S|(?:pass(?:word)?|authpass)\s*=\s*" + _VALUE + rb"|--pass=\S",
    ),
    _place("a password of a mail server", r"^etc/exim4/passwd|sasl[_-]?passw(?:or)?d", rb"^[^#\s][^:\s]*[:\s]\s*\S"),
    _place(
        "a token",
        r"(?:^|/)(?:\.npmrc|npmrc|\.pypirc|\.yarnrc\.yml|\.terraformrc|credentials\.tfrc\.json|hosts\.yml|auth\.json|"
        r"\.gem/credentials|\.cargo/credentials(?:\.toml)?|\.config/hub)$",
        rb"(?:_auth(?:token)?|_password|npmauthtoken|password|token|rubygems_api_key|http-basic)\"?\s*[:=]\s*" + _VALUE,
    ),
    _place("a password", r"\.m2/settings[^/]*\.xml$", rb"<(?:password|passphrase)>[^<$]"),
    _place(
        "a token of a container registry",
        r"\.docker/config\.json$|(?:^|/)\.dockercfg$|containers/auth\.json$",
        rb"\"(?:auth|identitytoken|registrytoken|password)\"\s*:\s*\"[^\"]",
    ),
    _place(
        "a key of Kubernetes",
        r"(?:^|/)\.kube/|kubeconfig|^etc/(?:kubernetes|rancher)/",
        rb"^\s*-?\s*(?:token|client-key-data|password):\s*\"?[^\s\"]{8}",
    ),
    _place(
        "a token of a cloud",
        r"/gcloud/(?:.*credentials|access_tokens)|\.azure/(?:accessTokens|msal_token|azureProfile)",
    ),
    _place(
        "a token of a cloud",
        r"\.aws/credentials$|\.s3cfg$|\.boto$|rclone\.conf$|\.config/doctl/",
        rb"\w*(?:pass|token|secret|key)\w*\s*[:=]\s*" + _VALUE,
    ),
    # Traces of one machine and its users
    _place(
        "a history",
        r"(?:^|/)(?:\.\w+[_-]history(?:-\d+\.tmp)?|\.history|fish_history|search_history|mongosh_repl_history|"
        r"\.lesshst|\.viminfo|\.Rhistory|\.octave_hist|\.dbshell|repl_history\.jl|recently-used\.xbel)$",
    ),
    _place("a machine's identity", r"^(?:etc|var/lib/dbus)/machine-id$", rb"^[0-9a-f]{32}"),
    _place("a machine's identity", r"^etc/hostid$|^var/lib/dhcpcd\d?/duid$|^etc/dhcpcd\.duid$"),
    _place(
        "a random seed", r"^var/lib/(?:systemd/|urandom/|seedrng/)?[^/]*(?:random-seed|seed\.credit|seed\.no-credit)$"
    ),
    _place(
        "a key of systemd",
        r"^var/lib/systemd/credential\.secret$|^etc/credstore(?:\.encrypted)?/|^var/lib/systemd/home/",
    ),
    _place("a core dump", r"^var/(?:lib/systemd/coredump|crash)/"),
    _place(
        "a DHCP lease",
        r"^(?:var/lib|var/db|run)/(?:.*/)?(?:[^/]*\.leases?|kea-leases\d\.csv[.\d]*)~?$|^run/systemd/netif/leases/",
    ),
    _place("a secret of NetworkManager", r"^var/lib/NetworkManager/(?:secret_key|seen-bssids)$"),
    _place("names of one machine's devices", r"^etc/udev/rules\.d/[^/]*persistent[^/]*\.rules$"),
    _place("data of cloud-init", r"^var/lib/cloud/(?:instances?|data|seed|sem)/|^run/cloud-init/"),
    _place(
        "a remain of Ansible",
        r"(?:^|/)\.ansible(?:_async)?/|(?:^|/)ansible-tmp-|(?:^|/)\.?(?:ansible_?)?vault[-_]?pass(?:word|wd)?(?:\.txt)?$",
    ),
)


def kinds(path: str, data: bytes) -> Iterator[str]:
    """Give what a file is that is not empty; ``path``: relative to the root; ``data``: its first megabytes."""
    for place in PLACES:
        if place.path.search(path) and (place.holds is None or place.holds.search(data)):
            yield place.kind
