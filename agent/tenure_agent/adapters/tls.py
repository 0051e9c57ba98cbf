"""Whom the agent believes over TLS. Light on purpose, since the resident watcher imports it.

With a pinned certificate authority the dates in certificates are not looked at: a laptop whose clock is wrong
must still reach its server, and trust rests on the pinned key (security.md, "Lease and clock").
"""

import ssl

_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which the ssl module does not name."""


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Make a context that believes the pinned authority only, or the system's if none is pinned.

    Raises:
        OSError: the authority's file cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is None:
        context.load_default_certs()
        return context
    context.load_verify_locations(cafile=ca_file)
    flags = int(context.verify_flags) | _NO_CHECK_TIME | int(ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN)
    context.verify_flags = ssl.VerifyFlags(flags)
    return context
