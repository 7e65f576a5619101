# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that are known by their form, in whatever file they are."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import NamedTuple


class Rule(NamedTuple):
    """What matches ``pattern`` is a ``kind``; only looked for where one of the ``needles`` is (much cheaper).

    ``text``: only in files without NUL, where a looser form would fit by chance.
    """

    kind: str
    needles: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    text: bool = False


PRIVATE_KEY = "a private key"
HASH = "the hash of a password"

# RFC 7468, RFC 4716 and RFC 9580 (armour). Behind the header a key has to follow: programs have the header alone among
# their texts. In JSON a line ends with a backslash and an n.
_PEM = rb"-{4,5} ?BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)? ?-{4,5}"
_NEWLINE = rb"(?:\s|\\[rn])+"
_ARMOUR = rb"(?:[A-Za-z][A-Za-z-]{1,20}: [^\n\\]{0,200}" + _NEWLINE + rb"){0,8}"
_PEM_IN_BASE64 = b"|".join(
    re.escape(base64.b64encode(b"-----BEGIN " + kind + b"PRIVATE KEY-----")[: (17 + len(kind)) * 4 // 3])
    for kind in (b"", b"RSA ", b"EC ", b"OPENSSH ", b"ENCRYPTED ")
)
_B64 = rb"[A-Za-z0-9+/]"
# crypt(5), Apache's htpasswd(1), GRUB, LDAP (RFC 2307), argon2, PostgreSQL's SCRAM.
_CRYPT = rb"[./0-9A-Za-z]"
_SALT = rb"[^$:\s]"
_HASH = b"|".join(
    (
        rb"\$(?:1|apr1)\$" + _SALT + rb"{0,8}\$" + _CRYPT + rb"{22}",
        rb"\$2[abxy]?\$\d\d\$" + _CRYPT + rb"{53}",
        rb"\$5\$(?:rounds=\d+\$)?" + _SALT + rb"{0,16}\$" + _CRYPT + rb"{43}",
        rb"\$6\$(?:rounds=\d+\$)?" + _SALT + rb"{0,16}\$" + _CRYPT + rb"{86}",
        rb"\$(?:y|gy)\$" + _CRYPT + rb"{1,20}\$" + _CRYPT + rb"{1,86}\$" + _CRYPT + rb"{43}",
        rb"\$7\$" + _CRYPT + rb"{11}" + _SALT + rb"{0,64}\$" + _CRYPT + rb"{43}",
        rb"\$sha1\$\d+\$" + _CRYPT + rb"{1,64}\$" + _CRYPT + rb"{28}",
        rb"\$argon2(?:i|d|id)\$v=\d+\$m=\d+,t=\d+,p=\d+\$" + _B64 + rb"{11,}\$" + _B64 + rb"{22,}",
    )
)

RULES = (
    Rule(PRIVATE_KEY, (b"PRIVATE KEY",), re.compile(_PEM + _NEWLINE + _ARMOUR + _B64 + rb"{40}")),
    Rule(PRIVATE_KEY, (b"LS0tLS1CRUdJTi",), re.compile(_PEM_IN_BASE64)),
    Rule(
        PRIVATE_KEY,
        (b"PuTTY-User-Key-File-",),
        re.compile(rb"PuTTY-User-Key-File-\d: [^\0]{1,4000}?Private-Lines: \d"),
    ),
    Rule(PRIVATE_KEY, (b"AGE-SECRET-KEY-1",), re.compile(rb"AGE-SECRET-KEY-1[0-9A-Z]{58}")),
    Rule(PRIVATE_KEY, (b"ed25519v1-secret: type",), re.compile(rb"== ed25519v1-secret: type\d ==\0{3}")),
    Rule(PRIVATE_KEY, (b"Private-key-format: ",), re.compile(rb"(?m)^Private-key-format: v\d")),
    Rule(
        PRIVATE_KEY,
        (b"OpenVPN Static key V1",),
        re.compile(rb"BEGIN OpenVPN Static key V1-----\s+[0-9a-f]{32}"),
    ),
    # 32 bytes; of WireGuard in wg(8), systemd.netdev(5) and NetworkManager.
    Rule(
        PRIVATE_KEY,
        (b"PrivateKey", b"PresharedKey", b"private-key", b"preshared-key"),
        re.compile(rb"(?m)^\s*(?:PrivateKey|PresharedKey|private-key|preshared-key)\s*=\s*" + _B64 + rb"{43}="),
        text=True,
    ),
    Rule(
        HASH,
        (b"$1$", b"$apr1$", b"$2", b"$5$", b"$6$", b"$7$", b"$y$", b"$gy$", b"$sha1$", b"$argon2"),
        re.compile(rb"(?:" + _HASH + rb")(?![./0-9A-Za-z])"),
    ),
    Rule(HASH, (b"grub.pbkdf2.",), re.compile(rb"grub\.pbkdf2\.sha\d+\.\d+\.[0-9A-Fa-f]{32,}\.[0-9A-Fa-f]{32,}")),
    Rule(
        HASH,
        (b"{SSHA", b"{SHA", b"{SMD5}", b"{PBKDF2"),
        re.compile(rb"\{(?:S?SHA(?:256|384|512)?|SMD5|PBKDF2[^}]{0,12})\}" + _B64 + rb"{22,}"),
    ),
    Rule(HASH, (b"SCRAM-SHA-256$",), re.compile(rb"SCRAM-SHA-256\$\d+:" + _B64 + rb"{16,}=*\$" + _B64 + rb"{40,}")),
    Rule(
        "an AWS key", (b"AKIA", b"ASIA"), re.compile(rb"(?<![A-Za-z0-9/+])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9/+])")
    ),
    Rule(
        "an AWS key",
        (b"aws_secret_access_key", b"AWS_SECRET_ACCESS_KEY"),
        re.compile(rb"(?i)aws_secret_access_key[\"']?\s*[=:]\s*[\"']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])"),
        text=True,
    ),
    Rule(
        "a GitHub token",
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_"),
        re.compile(rb"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})"),
    ),
    Rule(
        "a GitLab token",
        (b"glpat-", b"gldt-", b"glrt-", b"glptt-", b"glcbt-", b"glsoat-"),
        re.compile(rb"(?<![A-Za-z0-9])gl(?:pat|dt|rt|ptt|cbt|soat)-[A-Za-z0-9_-]{20}"),
    ),
    Rule(
        "a Slack token",
        (b"xox", b"xapp-", b"hooks.slack.com/services/T"),
        re.compile(
            rb"(?<![A-Za-z0-9])(?:xox[abeoprs]-[0-9A-Za-z-]{20,}|xapp-\d-[A-Z0-9]+-\d+-[0-9a-f]{32,})"
            rb"|hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}"
        ),
    ),
    Rule("a Google API key", (b"AIza",), re.compile(rb"(?<![A-Za-z0-9_-])AIza[0-9A-Za-z_-]{35}(?![A-Za-z0-9_-])")),
    Rule("a Google API key", (b"GOCSPX-",), re.compile(rb"GOCSPX-[A-Za-z0-9_-]{28}")),
    Rule("a Vault token", (b"hvs.", b"hvb.", b"hvr."), re.compile(rb"(?<![A-Za-z0-9])hv[sbr]\.[A-Za-z0-9_-]{24,}")),
    Rule("an npm token", (b"npm_",), re.compile(rb"(?<![A-Za-z0-9_])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9_])")),
    # A macaroon that names its place: every token begins with it.
    Rule("a PyPI token", (b"pypi-AgE",), re.compile(rb"pypi-AgE[A-Za-z0-9_-]{50,}")),
    Rule("a Stripe key", (b"k_live_",), re.compile(rb"(?<![A-Za-z0-9])[sr]k_live_[A-Za-z0-9]{24,}")),
    Rule("a DigitalOcean token", (b"dop_v1_", b"doo_v1_", b"dor_v1_"), re.compile(rb"do[opr]_v1_[0-9a-f]{64}")),
    Rule("a Hugging Face token", (b"hf_",), re.compile(rb"(?<![A-Za-z0-9_])hf_[A-Za-z]{34}(?![A-Za-z0-9_])")),
    Rule("an Azure key", (b"AccountKey=",), re.compile(rb"AccountKey=" + _B64 + rb"{86}==")),
    Rule(
        "a key for DNS updates",
        (b"secret",),
        re.compile(rb"\bsecret\s+\"?" + _B64 + rb"{22,}={0,2}\"?\s*;"),
        text=True,
    ),
)

# Passwords in addresses (RFC 3986, 3.2.1), but for those that stand for one: variables, <...>, the words below.
_ADDRESS = re.compile(
    rb"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@\"'`<>()\[\]{}$%*|\\]+:([^\s/@:\"'`<>()\[\]{}$%*|\\]{3,})@\w"
)
_NO_PASSWORDS = re.compile(rb"(?i)(?:my)?(?:your)?[-_]?(?:pass|passw|passwd|password|pwd|pw|secret|token|x+|\.+)")

# What a file begins with. DER (X.690) of PKCS #1, PKCS #8, SEC 1 and PKCS #12: a sequence that begins with its version,
# then the modulus, the algorithm, the key, or the contents.
_DER = re.compile(
    rb"\x30(?:[\x10-\x7f]|\x81.|\x82..)\x02\x01"
    rb"(?:\x00\x02\x81|\x00\x02\x82|\x00\x30[\x05-\x20]\x06[\x03-\x0b]|\x01\x04[\x1c\x20\x30\x42]|\x03\x30\x82..\x06\x09)",
    re.DOTALL,
)
# MIT Kerberos, "Keytab file format" and "Credential cache file format": version, then the first length.
_KEYTAB = re.compile(rb"\x05\x02\x00\x00[\x00-\x02].\x00[\x00-\x08]", re.DOTALL)
_TICKETS = re.compile(rb"\x05\x04\x00\x0c\x00\x01\x00\x08|\x05\x04\x00\x00\x00\x00\x00[\x00-\x08]")
_HEADS = (
    (PRIVATE_KEY, _DER),
    ("a keytab", _KEYTAB),
    ("Kerberos tickets", _TICKETS),
)


class Match(NamedTuple):
    """A secret in a file; ``text``: enough of it to find it elsewhere, or nothing where it has no text of its own."""

    kind: str
    text: bytes


def matches(data: bytes, *, first: bool = True) -> Iterator[Match]:
    """Give the secrets in a file's bytes, or in a part of them: ``first`` says whether it is the beginning."""
    if first:
        yield from (Match(kind, b"") for kind, pattern in _HEADS if pattern.match(data))
    text = b"\0" not in data
    for rule in RULES:
        if (text or not rule.text) and any(needle in data for needle in rule.needles):
            yield from (Match(rule.kind, found[0]) for found in rule.pattern.finditer(data))
    if text and b"://" in data:
        yield from (
            Match("a password in an address", found[0])
            for found in _ADDRESS.finditer(data)
            if not _NO_PASSWORDS.fullmatch(found[1])
        )
