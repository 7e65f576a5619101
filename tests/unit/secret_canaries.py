"""Secrets of every kind that look real, each made anew: kind → (path below an image's root, content, what is told)."""

from __future__ import annotations

import base64
import json
import secrets
import string
import subprocess
from collections.abc import Mapping

ALNUM = string.ascii_letters + string.digits
CRYPT = "./" + ALNUM
Canary = tuple[str, bytes, str]


def some(length: int, letters: str = ALNUM) -> str:
    """Give random characters."""
    return "".join(secrets.choice(letters) for _number in range(length))


def b64(length: int) -> str:
    """Give that many random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(length)).decode()


def hexes(length: int) -> str:
    return some(length, "0123456789abcdef")


def openssl(*words: str) -> bytes:
    return subprocess.run(["openssl", *words], capture_output=True, check=True).stdout


def der(pem: bytes, *words: str) -> bytes:
    return subprocess.run(["openssl", *words, "-outform", "DER"], input=pem, capture_output=True, check=True).stdout


def pem(kind: str) -> str:
    body = b64(300)
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""])


def keys() -> dict[str, Canary]:
    """Give private keys of all forms."""
    key = "a private key"
    pkcs8 = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    edwards = openssl("genpkey", "-algorithm", "ED25519")
    curve = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    encrypted = (
        f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{hexes(32).upper()}\n\n"
    )
    account = {"type": "service_account", "private_key_id": hexes(40), "private_key": pkcs8.decode()}
    config = f"users:\n- user:\n    client-key-data: {base64.b64encode(pem('EC PRIVATE KEY').encode()).decode()}\n"
    return {
        "PEM": ("etc/ssl/private/www.key", pkcs8, key),
        "PEM in the middle": ("etc/haproxy/all.pem", b"# site\n" + pem("CERTIFICATE").encode() + edwards, key),
        "PEM, encrypted": ("srv/x", (encrypted + b64(300) + "\n").encode(), key),
        "PEM in YAML": ("etc/x.yaml", ("key: |\n" + pem("EC PRIVATE KEY")).replace("\n", "\n    ").encode(), key),
        "PEM, CRLF": ("etc/win.pem", pem("PRIVATE KEY").replace("\n", "\r\n").encode(), key),
        "PEM in a large file": ("srv/dump.img", bytes(5 << 20) + pkcs8, key),
        "PEM across two pieces": ("srv/dump2.img", bytes((4 << 20) - 40) + pkcs8, key),
        "OpenSSH": ("home/a/key", pem("OPENSSH PRIVATE KEY").encode(), key),
        "SSH2": ("home/a/key2", pem("SSH2 ENCRYPTED PRIVATE KEY").replace("-----", "---- ").encode(), key),
        "PGP": ("root/x.asc", ("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ" + b64(300)).encode(), key),
        "PuTTY": (
            "home/a/x.ppk",
            f"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 1\n{b64(48)}\n"
            f"Private-Lines: 1\n{b64(36)}\n".encode(),
            key,
        ),
        "DER, PKCS #8": ("etc/x/rsa.der", der(pkcs8, "pkcs8", "-topk8", "-nocrypt"), key),
        "DER, PKCS #8, curve": ("etc/x/ec8.der", der(curve, "pkcs8", "-topk8", "-nocrypt"), key),
        "DER, PKCS #8, Edwards": ("etc/x/ed.der", der(edwards, "pkcs8", "-topk8", "-nocrypt"), key),
        "DER, PKCS #1": ("etc/x/rsa1.der", der(pkcs8, "rsa", "-traditional"), key),
        "DER, SEC 1": ("etc/x/ec.der", der(curve, "ec"), key),
        "age": ("root/age.txt", f"AGE-SECRET-KEY-1{some(58, string.ascii_uppercase + '234567')}\n".encode(), key),
        "Tor": ("var/lib/tor/x/hs_ed25519_secret_key", b"== ed25519v1-secret: type0 ==\0\0\0" + bytes(64), key),
        "DNSSEC": ("etc/bind/Kx.+013+1.private", f"Private-key-format: v1.3\nPrivateKey: {b64(32)}\n".encode(), key),
        "OpenVPN": (
            "etc/openvpn/ta.key", f"-----BEGIN OpenVPN Static key V1-----\n{hexes(32)}\n".encode(), key,
        ),
        "WireGuard": ("etc/wireguard/wg0.conf", f"[Interface]\nPrivateKey = {b64(32)}\n".encode(), key),
        "networkd": ("etc/systemd/network/wg.netdev", f"[WireGuard]\nPrivateKey={b64(32)}\n".encode(), key),
        "Google": ("root/sa.json", json.dumps(account).encode(), key),
        "Kubernetes": ("root/.kube/config", config.encode(), "a key of Kubernetes, a private key"),
        "SSH host key": (
            "etc/ssh/ssh_host_rsa_key", pem("OPENSSH PRIVATE KEY").encode(), f"an SSH host key, {key}",
        ),
        "SSH host key, Dropbear": ("etc/dropbear/dropbear_rsa_host_key", secrets.token_bytes(99), "an SSH host key"),
        "id_rsa": ("root/.ssh/id_rsa", b"whatever", "a private key of SSH"),
        "PGP, in GnuPG's folder": ("root/.gnupg/private-keys-v1.d/A.key", b"(11:private-key)", key),
        "Java": ("opt/x.jks", b"\xfe\xed\xfe\xed" + bytes(30), key),
        "TSIG": ("etc/bind/rndc.key", f'key "x" {{\n secret "{b64(32)}";\n}};\n'.encode(), "a key for DNS updates"),
    }  # fmt: skip


def passwords() -> dict[str, Canary]:
    """Give passwords and their hashes."""
    hash_ = "the hash of a password"
    sha512 = f"$6${some(16, CRYPT)}${some(86, CRYPT)}"
    yescrypt = f"$y$j9T${some(22, CRYPT)}${some(43, CRYPT)}"
    return {
        "shadow": ("etc/shadow", f"daemon:*:1:0:::::\nroot:{yescrypt}:19000:0:99999:7:::\n".encode(), hash_),
        "shadow, DES": ("etc/shadow", f"root:{some(13, CRYPT)}:19000::::::\n".encode(), hash_),
        "shadow, locked": ("etc/shadow-", f"root:!{sha512}:19000::::::\n".encode(), hash_),
        "gshadow": ("etc/gshadow", f"wheel:{sha512}::root\n".encode(), hash_),
        "passwd": ("etc/passwd", f"root:{some(13, CRYPT)}:0:0:root:/root:/bin/sh\n".encode(), hash_),
        "opasswd": ("etc/security/opasswd", f"a:1000:1:{sha512}\n".encode(), f"former passwords, {hash_}"),
        "htpasswd": ("etc/nginx/users", f"a:$apr1${some(8, CRYPT)}${some(22, CRYPT)}\n".encode(), hash_),
        "htpasswd, DES": ("var/www/.htpasswd", f"a:{some(13, CRYPT)}\n".encode(), hash_),
        "htdigest": ("etc/apache2/htdigest", f"a:realm:{hexes(32)}\n".encode(), hash_),
        "bcrypt": ("etc/app.ini", f"admin = $2y$10${some(53, CRYPT)}\n".encode(), hash_),
        "argon2": ("etc/vw.env", f"T='$argon2id$v=19$m=65540,t=3,p=4${some(22)}${some(43)}'\n".encode(), hash_),
        "kickstart": ("root/anaconda-ks.cfg", f"rootpw --iscrypted {sha512}\n".encode(), hash_),
        "LDAP": ("etc/ldap/x.ldif", f"userPassword: {{SSHA}}{b64(24)}\n".encode(), hash_),
        "PostgreSQL": ("srv/dump.sql", f"PASSWORD 'SCRAM-SHA-256$4096:{b64(16)}${b64(32)}:{b64(32)}'".encode(), hash_),
        "GRUB": ("boot/grub/x", f"grub.pbkdf2.sha512.10000.{hexes(64).upper()}.{hexes(64).upper()}\n".encode(), hash_),
        "GRUB, plain": ("etc/grub.d/40_custom", b"#!/bin/sh\npassword root hunter2\n", "a password of GRUB"),
        "debconf": ("var/cache/debconf/passwords.dat", b"Name: x/password\nValue: hunter2\n", "a password"),
        "PPP": ("etc/ppp/chap-secrets", b"# client server secret\nme * hunter2 *\n", "a password of PPP"),
        "IPsec": ("etc/ipsec.secrets", b': PSK "hunter2"\n', "a secret of IPsec"),
        "netrc": ("root/.netrc", b"machine x login y password hunter2\n", "a password"),
        "apt": ("etc/apt/auth.conf.d/x.conf", b"machine x login y password hunter2\n", "a password"),
        "apt, address": ("etc/apt/sources.list", b"deb https://me:hunter2@x x main\n", "a password in an address"),
        "proxy": ("etc/environment", b"http_proxy=http://me:hunter2@proxy:3128/\n", "a password in an address"),
        "Git": ("root/.git-credentials", b"https://me:hunter2@x\n", "a password, a password in an address"),
        "PostgreSQL's client": ("home/a/.pgpass", b"db:5432:*:me:hunter2\n", "a password"),
        "MySQL's client": ("root/.my.cnf", b"[client]\npassword = hunter2\n", "a password"),
        "MySQL": ("etc/mysql/debian.cnf", b"[client]\nuser = x\npassword = 'hunter2'\n", "a password"),
        "CIFS": ("etc/cifs-credentials", b"username=a\npassword=hunter2\n", "a password"),
        "fstab": ("etc/fstab", b"//nas/x /x cifs username=a,password=hunter2 0 0\n", "a password"),
        "Maven": ("root/.m2/settings.xml", b"<server><password>hunter2</password></server>", "a password"),
        "Exim": ("etc/exim4/passwd.client", b"# comment\n*:me:hunter2\n", "a password of a mail server"),
        "Postfix": ("etc/postfix/sasl_passwd", b"[mx]:587 me:hunter2\n", "a password of a mail server"),
        "msmtp": ("root/.msmtprc", b"account x\n  password hunter2\n", "a password of a mail server"),
        "LDAP's client": ("etc/nslcd.conf", b"bindpw hunter2\n", "a password of LDAP"),
        "LDAP's server": ("etc/ldap/slapd.conf", b"rootpw hunter2\n", "a password of LDAP"),
        "sssd": ("etc/sssd/sssd.conf", b"[domain/x]\nldap_default_authtok = hunter2\n", "a password of LDAP"),
        "Samba": ("var/lib/samba/private/passdb.tdb", b"TDB file\n", "secrets of Samba"),
        "Wi-Fi": (
            "etc/wpa_supplicant/wpa_supplicant.conf", b'network={\n psk="hunter22"\n}\n', "a key of a wireless network",
        ),
        "Wi-Fi, ifupdown": ("etc/network/interfaces.d/w", b"  wpa-psk hunter22\n", "a key of a wireless network"),
        "Wi-Fi, iwd": ("var/lib/iwd/x.psk", b"[Security]\nPassphrase=hunter22\n", "a key of a wireless network"),
        "NetworkManager": (
            "etc/NetworkManager/system-connections/x.nmconnection", b"[wifi-security]\npsk=hunter22\n",
            "a secret of NetworkManager",
        ),
        "netplan": ("etc/netplan/1.yaml", b"      password: hunter22\n", "a secret of a network"),
        "chrony": ("etc/chrony/chrony.keys", b"1 SHA1 HEX:0011\n", "a key of time servers"),
        "SNMP": ("var/lib/snmp/snmpd.conf", b"usmUser 1 3 0x80\n", "a password of SNMP"),
        "KeePass": ("home/a/x.kdbx", b"\x03\xd9\xa2\x9a", "stored passwords"),
        "Firefox": ("home/a/.mozilla/firefox/x.default/logins.json", b"{}", "stored passwords"),
        "Firefox' cookies": ("home/a/.mozilla/firefox/x/cookies.sqlite", b"SQLite", "a session of a browser"),
    }  # fmt: skip


def tokens() -> dict[str, Canary]:
    """Give tokens of services."""
    cloud = "a token of a cloud"
    return {
        "AWS": ("srv/x.py", f'KEY = "AKIA{some(16, string.ascii_uppercase + "234567")}"\n'.encode(), "an AWS key"),
        "AWS, secret": (
            "root/.aws/credentials", f"[x]\naws_secret_access_key = {some(40)}\n".encode(), f"{cloud}, an AWS key",
        ),
        "GitHub": ("srv/ci.sh", f"T=ghp_{some(36)}\n".encode(), "a GitHub token"),
        "GitHub, fine": ("srv/ci2.sh", f"T=github_pat_{some(22)}_{some(59)}\n".encode(), "a GitHub token"),
        "GitLab": ("etc/gitlab-runner/config.toml", f'token = "glrt-{some(20)}"\n'.encode(), "a GitLab token"),
        "Slack": ("etc/alert.conf", f"xoxb-{some(12, string.digits)}-{some(24)}\n".encode(), "a Slack token"),
        "Slack, hook": (
            "etc/h", f"https://hooks.slack.com/services/T{some(8, string.ascii_uppercase)}/B"
            f"{some(8, string.ascii_uppercase)}/{some(24)}\n".encode(), "a Slack token",
        ),
        "Google, API": ("srv/maps.js", f'k="AIza{some(35)}"'.encode(), "a Google API key"),
        "Google, gcloud": ("root/.config/gcloud/credentials.db", b"SQLite", cloud),
        "Vault": ("etc/agent", f"hvs.{some(90)}\n".encode(), "a Vault token"),
        "Vault's client": ("root/.vault-token", f"s.{some(24)}".encode(), "a password"),
        "npm": ("root/.npmrc", f"//registry.npmjs.org/:_authToken=npm_{some(36)}\n".encode(), "a token, an npm token"),
        "PyPI": ("root/.pypirc", f"password = pypi-AgEIcHlwaS5vcmc{some(120)}\n".encode(), "a token, a PyPI token"),
        "Docker": (
            "root/.docker/config.json", json.dumps({"auths": {"x": {"auth": b64(20)}}}).encode(),
            "a token of a container registry",
        ),
        "Kubernetes": (
            "etc/kubernetes/kubelet.conf", f"users:\n- user:\n    token: {some(40)}\n".encode(), "a key of Kubernetes",
        ),
        "rclone": ("root/.config/rclone/rclone.conf", f"[x]\npass = {some(30)}\n".encode(), cloud),
        "Stripe": ("srv/shop", f"sk_live_{some(24)}".encode(), "a Stripe key"),
        "DigitalOcean": ("srv/do", f"dop_v1_{hexes(64)}".encode(), "a DigitalOcean token"),
        "Hugging Face": ("srv/hf", f"hf_{some(34, string.ascii_letters)}".encode(), "a Hugging Face token"),
        "Azure": ("srv/az", f"AccountKey={b64(64)}".encode(), "an Azure key"),
        "gh": ("root/.config/gh/hosts.yml", f"x:\n  oauth_token: {some(30)}\n".encode(), "a token"),
        "in a database": ("srv/x.db", b"SQLite\0" + f"ghp_{some(36)}".encode() + b"\0", "a GitHub token"),
    }  # fmt: skip


def traces() -> dict[str, Canary]:
    """Give traces of one machine and of its users."""
    history, keytab = "a history", b"\x05\x02\x00\x00\x00\x4a\x00\x02\x00\x0bEXAMPLE.ORG" + bytes(60)
    remain, identity = "a remain of Ansible", "a machine's identity"
    return {
        **{
            name: (f"home/a/{name}", b"ls\n", history)
            for name in (
                ".bash_history", ".zsh_history", ".ash_history", ".history", ".python_history", ".mysql_history",
                ".psql_history", ".sqlite_history", ".node_repl_history", ".lesshst", ".viminfo", ".irb-history",
                ".local/share/fish/fish_history", ".local/share/nano/search_history",
            )
        },
        "keytab": ("etc/krb5.keytab", keytab, "a keytab"),
        "keytab, renamed": ("etc/service.kt", keytab, "a keytab"),
        "tickets": ("srv/cc", b"\x05\x04\x00\x0c\x00\x01\x00\x08" + bytes(30), "Kerberos tickets"),
        "tickets by name": ("var/lib/x/krb5cc_1000", b"x", "Kerberos tickets"),
        "Kerberos' master key": ("etc/krb5kdc/stash", b"x", "a Kerberos master key"),
        "machine-id": ("etc/machine-id", f"{hexes(32)}\n".encode(), identity),
        "machine-id of D-Bus": ("var/lib/dbus/machine-id", f"{hexes(32)}\n".encode(), identity),
        "hostid": ("etc/hostid", secrets.token_bytes(4), identity),
        "DUID": ("var/lib/dhcpcd/duid", b"00:01\n", identity),
        "random seed": ("var/lib/systemd/random-seed", secrets.token_bytes(512), "a random seed"),
        "random seed, older": ("var/lib/urandom/random-seed", secrets.token_bytes(512), "a random seed"),
        "systemd's key": ("var/lib/systemd/credential.secret", secrets.token_bytes(4096), "a key of systemd"),
        "systemd's credentials": ("etc/credstore/x", b"hunter2", "a key of systemd"),
        "core": ("var/lib/systemd/coredump/core.x.zst", b"x", "a core dump"),
        "lease": ("var/lib/dhcp/dhclient.eth0.leases", b"lease {\n}\n", "a DHCP lease"),
        "lease, NetworkManager": ("var/lib/NetworkManager/internal-x-eth0.lease", b"ADDRESS=1\n", "a DHCP lease"),
        "lease, dhcpcd": ("var/lib/dhcpcd/eth0.lease", b"x", "a DHCP lease"),
        "lease, dnsmasq": ("var/lib/misc/dnsmasq.leases", b"1 x\n", "a DHCP lease"),
        "NetworkManager's key": ("var/lib/NetworkManager/secret_key", b"nm-v2:x", "a secret of NetworkManager"),
        "udev": (
            "etc/udev/rules.d/70-persistent-net.rules", b'SUBSYSTEM=="net", NAME="eth0"\n',
            "names of one machine's devices",
        ),
        "cloud-init": ("var/lib/cloud/instances/i-1/user-data.txt", b"#cloud-config\n", "data of cloud-init"),
        "Ansible": ("root/.ansible/tmp/x", b"x", remain),
        "Ansible's modules": ("srv/ansible-tmp-1-2/AnsiballZ_x.py", b"x", remain),
        "Ansible's vault": ("root/.vault_pass", b"hunter2\n", remain),
    }  # fmt: skip


def all_kinds() -> Mapping[str, Canary]:
    """Give them all."""
    groups = (keys(), passwords(), tokens(), traces())
    return {f"{number} {name}": canary for number, group in enumerate(groups) for name, canary in group.items()}
