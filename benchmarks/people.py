"""What the contract says of people, repeated by hand for the engines that read no contract.

The forms are regular expressions for a whole text. A text of the right form might still not be
a value (2001-02-29): each engine's own conversion has to find that.

Delete it once every engine reads contracts.
"""

KEY = b"the 32 bytes that KMS would give"
TOKEN_LENGTH = 32  # hex digits

FORMS = {
    "customer_id": "C[0-9]{8}",
    "email": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
    "phone": r"\+[1-9][0-9]{7,14}",
    "national_id": "[0-9]{3}-[0-9]{2}-[0-9]{4}",
    "birth_date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "country": "AT|CH|DE|ES|FR|IT|NL|PL|SE",
    "signup_at": (
        "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?"
        "(Z|[+-][0-9]{2}:[0-9]{2})"
    ),
    "loyalty_points": "0|-?[1-9][0-9]{0,18}",
    "credit_limit": "-?(0|[1-9][0-9]{0,9})([.][0-9]{1,2})?",
}
LONGEST = {"full_name": 80, "email": 254, "address": 200}  # characters
OPTIONAL = ("address", "loyalty_points")
TOKENS = {
    "customer_id": "customer_token",
    "email": "email_token",
    "phone": "phone_token",
    "national_id": "national_id_token",
}
KEPT = ("birth_date", "country", "signup_at", "loyalty_points", "credit_limit")

BORN = ("1900-01-01", "2012-12-31")
SIGNED_UP_FROM = "2015-01-01T00:00:00Z"
MOST_POINTS = 10_000_000
MOST_CREDIT = 250_000
