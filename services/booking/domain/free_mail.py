"""Addresses that anybody can have within a minute: the large providers of free mail.

From their own sign-up pages, July 2026; regional names of one provider are matched by its name (`yahoo.co.uk`).
"""

from __future__ import annotations

# fmt: off
_DOMAINS = frozenset({
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "icloud.com", "me.com",
    "mac.com", "aol.com", "proton.me", "protonmail.com", "pm.me", "tutanota.com", "tuta.io", "tuta.com",
    "gmx.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "mail.com", "email.com", "t-online.de",
    "freenet.de", "posteo.de", "mailbox.org", "fastmail.com", "hey.com", "zoho.com", "yandex.com", "yandex.ru",
    "ya.ru", "mail.ru", "inbox.ru", "list.ru", "bk.ru", "rambler.ru", "qq.com", "163.com", "126.com",
    "sina.com", "foxmail.com", "naver.com", "hanmail.net", "daum.net", "rediffmail.com", "orange.fr",
    "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "libero.it", "virgilio.it", "tiscali.it", "seznam.cz",
    "email.cz", "centrum.cz", "wp.pl", "o2.pl", "onet.pl", "interia.pl", "op.pl", "abv.bg", "ukr.net", "i.ua",
    "bluewin.ch", "telenet.be", "skynet.be", "ziggo.nl", "kpnmail.nl", "comcast.net", "verizon.net", "att.net",
    "sbcglobal.net", "cox.net", "btinternet.com", "sky.com", "virginmedia.com", "uol.com.br", "bol.com.br",
    "terra.com.br",
})
# fmt: on
_NAMES = frozenset({"yahoo", "ymail", "rocketmail", "hotmail", "outlook", "live", "gmx", "yandex"})


def is_free_mail(domain: str) -> bool:
    """Whether addresses of this domain (lower case) are given away by a provider of free mail.

    >>> is_free_mail("gmail.com"), is_free_mail("yahoo.co.uk"), is_free_mail("live.example.org")
    (True, True, False)
    """
    name, _, rest = domain.partition(".")
    # `name.tld` or `name.co.tld`: anything longer is a host below somebody's own domain.
    regional = name in _NAMES and rest.count(".") <= 1 and len(rest.rpartition(".")[2]) <= 3 and len(rest) <= 6
    return domain in _DOMAINS or regional
