"""Formats: the texts that the standard's ``format`` names, each as one regular expression (RE2).

They are the grammars of the standards that define them, except what only a network could check.
"""

# The Gregorian calendar, years 0001 to 9999: the days of each month, and 29 February in years
# divisible by 4, except those divisible by 100 but not by 400.
_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_DAY = (
    "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    "|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
DATE = f"(?:{_YEAR}-{_DAY}|{_LEAP_YEAR}-02-29)"
_MINUTE = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
TIME = f"{_MINUTE}:[0-5][0-9](?:[.][0-9]{{1,6}})?"
ZONE = f"(?:Z|[+-]{_MINUTE})"
LOCAL_DATE_TIME = f"{DATE}T{TIME}"
DATE_TIME = f"{LOCAL_DATE_TIME}{ZONE}"

_HEX = "[0-9A-Fa-f]"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = rf"{_LABEL}(?:[.]{_LABEL})*"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:[.]{_OCTET}){{3}}"
_PIECE = f"{_HEX}{{1,4}}"
_LAST = f"(?:{_PIECE}:{_PIECE}|{_IPV4})"  # the last 32 bits
_IPV6 = "|".join(
    (
        f"(?:{_PIECE}:){{6}}{_LAST}",
        f"::(?:{_PIECE}:){{5}}{_LAST}",
        *(
            f"(?:(?:{_PIECE}:){{0,{before}}}{_PIECE})?::(?:{_PIECE}:){{{4 - before}}}{_LAST}"
            for before in range(5)
        ),
        f"(?:(?:{_PIECE}:){{0,5}}{_PIECE})?::{_PIECE}",
        f"(?:(?:{_PIECE}:){{0,6}}{_PIECE})?::",
    )
)

_ESCAPED = f"%{_HEX}{{2}}"
_UNRESERVED = r"A-Za-z0-9._~!$&'()*+,;=\-"  # and the delimiters within a part
_SEGMENT = f"(?:[{_UNRESERVED}:@]|{_ESCAPED})*"
_AUTHORITY = (
    rf"(?:(?:[{_UNRESERVED}:]|{_ESCAPED})*@)?"
    rf"(?:\[(?:{_IPV6})\]|(?:[{_UNRESERVED}]|{_ESCAPED})*)(?::[0-9]*)?"
)
_PATH = rf"(?://{_AUTHORITY}(?:/{_SEGMENT})*|/?{_SEGMENT[:-1]}+(?:/{_SEGMENT})*|/?)"
_REST = f"(?:[{_UNRESERVED}:@/?]|{_ESCAPED})*"

STRING_FORMATS = {
    # ISO 8601, as the types date, time and timestamp
    "date": DATE,
    "time": TIME,
    "date-time": DATE_TIME,
    # RFC 9562, in lower or upper case
    "uuid": f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}",
    # RFC 5321, without quoted local parts, comments and address literals
    "email": rf"{_ATOM}(?:[.]{_ATOM})*@{_LABEL}(?:[.]{_LABEL})+",
    # RFC 1123
    "hostname": _HOSTNAME,
    # RFC 6943, section 3.1.1: four decimal numbers without leading zeros
    "ipv4": _IPV4,
    # RFC 4291, without a zone
    "ipv6": _IPV6,
    # RFC 3986: with a scheme
    "uri": rf"[A-Za-z][A-Za-z0-9+.-]*:{_PATH}(?:[?]{_REST})?(?:#{_REST})?",
}
