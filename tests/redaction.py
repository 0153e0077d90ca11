"""What redaction finds, and what it removes wrongly, measured.

``python -m tests.redaction`` writes ``docs/redaction.md``, which
tests/unit/processor/deidentification/test_redaction_measured.py holds current. All values are
invented by rule, from a fixed seed, with correct check digits.
"""

import random
import string
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa

from processor.deidentification.redaction import redact

PAGE = Path(__file__).resolve().parents[1] / "docs" / "redaction.md"
HEAD = """\
# What redact finds

`.venv/bin/python -m tests.redaction` makes texts by rule from a fixed seed, redacts
them with all patterns, and writes this page. *Found* is the share of texts in which nothing of
the number or address is left; *as they were* the share of harmless texts that stay as they are,
character by character. The texts are of our own making: what they do not have is not measured.

| kind | with one | found | harmless | as they were |
| --- | --- | --- | --- | --- |
"""
MISSES = """
## Forms that are missed

| kind | form | example | missed |
| --- | --- | --- | --- |
"""
WRONG = """
## Harmless forms that are taken out

| kind | form | example | taken |
| --- | --- | --- | --- |
"""
TAIL = """
## Why not a library

phonenumbers 9.0 (Apache-2.0; 5 MB without its geography) knows every country's numbers. Its
matcher takes one country at a time and is Python: 7 ms for a sentence of 43 characters and 19
countries, which is 160,000 seconds for a GB. The numbers are found by forms instead, in texts
that RE2 has picked out. Of its 489 example numbers, in the form of their country, 33 are missed
after `call` and 119 without a word before them, most of them of seven digits or of small
islands.

CPU seconds for a GB of sentences with dates and order numbers, on one busy core: email 46, iban
28, card 36, ssn 9, phone 165. Where every sentence has a telephone number and a card, card
takes 202 and phone 667.
"""
PATTERNS = ("email", "iban", "card", "ssn", "phone")
OF_EACH = 20
SENTENCES = ("{}", "please use {} today", "({})", "old: {}; new one follows", "{}\nthanks")

Make = Callable[[random.Random], str]


def digits(chance: random.Random, template: str) -> str:
    """Fill a template: ``#`` is a digit, ``^`` one from 2, ``?`` a capital letter."""
    choices = {"#": string.digits, "^": "23456789", "?": string.ascii_uppercase}
    return "".join(chance.choice(choices.get(mark, mark)) for mark in template)


def of(*templates: str) -> Make:
    """Return what fills one of several templates."""
    return lambda chance: digits(chance, chance.choice(templates))


def luhn(start: str, length: int, chance: random.Random) -> str:
    """Return a number with these first digits that ends in the check digit of ISO/IEC 7812."""
    body = digits(chance, start.ljust(length - 1, "#"))
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 - place % 2)
        total += value // 10 + value % 10
    return body + str(-total % 10)


def card(*sizes: int, joint: str = " ") -> Make:
    """Return what makes the number of a card, in groups of these sizes."""

    def make(chance: random.Random) -> str:
        length = sum(sizes) or 16
        starts = {15: ["34", "37"], 16: ["4", "51", "2221", "6011", "3530"], 19: ["4", "62"]}
        number = luhn(chance.choice(starts[length]), length, chance)
        return grouped(number, sizes or (16,), joint)

    return make


def grouped(text: str, sizes: tuple[int, ...], joint: str) -> str:
    """Return a text in groups of sizes that repeat."""
    parts: list[str] = []
    while text:
        size = sizes[len(parts) % len(sizes)]
        parts.append(text[:size])
        text = text[size:]
    return joint.join(parts)


def iban(size: int = 0, joint: str = " ", change: Callable[[str], str] = str) -> Make:
    """Return what makes an IBAN in groups of a size; 0 for no groups."""
    bodies = ("DE##################", "NO###########", "GB????##############")
    more = ("FR##########???########^^", "ES####################", "MT????#####???############???")

    def make(chance: random.Random) -> str:
        body = digits(chance, chance.choice(bodies + more))
        country, account = body[:2], body[2:]
        turned = "".join(str(int(mark, 36)) for mark in f"{account}{country}00")
        whole = f"{country}{98 - int(turned) % 97:02}{account}"
        return change(grouped(whole, (size or len(whole),), joint))

    return make


def wide(text: str) -> str:
    """Return a text in full-width characters."""
    return "".join(chr(ord(mark) + 0xFEE0) if "!" <= mark <= "~" else mark for mark in text)


def email(sign: str, dot: str = ".") -> Make:
    """Return what makes an address, with this between its parts."""

    def make(chance: random.Random) -> str:
        local = chance.choice(["ann", "bob.lee", "x_9", "zoë+news", "o'neil", "li.wei-1", "max.m"])
        host = chance.choice(["example", "mail.example", "müller", "b-2.example"])
        end = chance.choice(["com", "org", "co", "de"])
        return f"{local}{sign}{host.replace('.', dot)}{dot}{end}"

    return make


def epoch(length: int) -> Make:
    """Return what makes a recent time as a number of this many digits."""
    return lambda chance: (
        str(chance.randrange(1_500_000_000, 1_800_000_000)) + digits(chance, "#" * (length - 10))
    )


def date(form: str) -> Make:
    """Return what makes a date."""

    def make(chance: random.Random) -> str:
        parts = {"y": chance.randrange(1930, 2030), "m": chance.randrange(1, 13)}
        parts |= {
            "d": chance.randrange(1, 29),
            "h": chance.randrange(24),
            "n": chance.randrange(60),
        }
        return form.format(**parts)

    return make


FOUND: Mapping[str, Mapping[str, Make]] = {
    "email": {
        "plain": email("@"),
        "percent": email("%40"),
        "percent twice": email("%2540"),
        "decimal entity": email("&#64;"),
        "hexadecimal entity": email("&#x40;"),
        "named entity": email("&commat;"),
        "JSON escape": email("\\u0040"),
        "(at)": email("(at)"),
        "[at]": email(" [at] "),
        "[at] [dot]": email(" [at] ", " [dot] "),
        "at dot": email(" at ", " dot "),
        "spaces": email(" @ "),
        "full width": email("\uff20"),
        "hidden": email("@\u200b"),
        "at": email(" at "),
    },
    "iban": {
        "compact": iban(),
        "groups of four": iban(4),
        "groups of three": iban(3),
        "lower case": iban(0, "", str.lower),
        "lower case, groups": iban(4, " ", str.lower),
        "two spaces": iban(4, "  "),
        "hyphens": iban(4, "-"),
        "slashes": iban(4, "/"),
        "points": iban(4, "."),
        "lines": iban(8, "\n"),
        "after a word": iban(0, "", lambda text: f"IBAN{text}"),
        "space after two": iban(0, "", lambda text: f"{text[:2]} {text[2:4]} {text[4:]}"),
        "full width": iban(0, "", wide),
    },
    "card": {
        "compact": card(),
        "nineteen digits": card(19),
        "groups of four": card(4, 4, 4, 4),
        "American Express": card(4, 6, 5),
        "two spaces": card(4, 4, 4, 4, joint="  "),
        "spaced hyphens": card(4, 4, 4, 4, joint=" - "),
        "slashes": card(4, 4, 4, 4, joint="/"),
        "underscores": card(4, 4, 4, 4, joint="_"),
        "points": card(4, 4, 4, 4, joint="."),
        "lines": card(4, 4, 4, 4, joint="\r\n"),
        "ideographic spaces": card(4, 4, 4, 4, joint="\u3000"),
        "pairs": card(*[2] * 8),
        "full width": lambda chance: wide(card(4, 4, 4, 4)(chance)),
        "with a date": lambda chance: card()(chance) + digits(chance, "0^3#"),
        "groups of three": card(3, 3, 3, 3, 3, 1),
        "commas and spaces": card(4, 4, 4, 4, joint=", "),
    },
    "ssn": {
        "hyphens": of("^^#-^1-1##^"),
        "spaces": of("1^# ^# ###^"),
        "points": of("2##.^#.###^"),
        "slashes": of("3##/^#/###^"),
        "underscores": of("4##_^#_###^"),
        "spaced hyphens": of("5## - ^# - ###^"),
        "no-break hyphens": of("1##\u2011^#\u2011###^"),
        "hidden": of("1##-\u200b^#-\u200b###^"),
        "full width": lambda chance: wide(digits(chance, "1##-^#-###^")),
        "named": of("SSN 1##^####^", "ssn: 2##^####^", "social security number 3##^####^"),
        "alone": of("1##^####^"),
        "nine digits in a sentence": of("1##^####^ of hers"),
    },
    "phone": {
        "E.164": of("+49151#######", "+1^^#555####", "+8613#########", "+6591234###"),
        "abroad": of(
            "+49 (0) 170 #######", "0049 151 #######", "+44 20 7### ####", "+33 6 ## ## ## ##"
        ),
        "DE": of("0151 #######", "030/#######", "(089) ######", "0171-#######"),
        "AT, CH": of("0664 #######", "01 ### ## ##", "079 ### ## ##", "044 ### ## ##"),
        "GB": of("020 7### ####", "07### ######", "(0161) 4## ####", "01632 960###"),
        "FR, NL": of("06 ## ## ## ##", "01.##.##.##.##", "06-########", "020 ### ####"),
        "IT": of("347 #######", "06 ########", "335 ### ####", "02 ### ####"),
        "ES": of("6## ### ###", "9## ## ## ##", "91 ### ## ##", "7##-###-###"),
        "DK, NO": of("^# 4# 5# 6#", "4## ## ###", "9## 1# ###", "^#1# 56##"),
        "PL": of("5## ### ###", "22 ### ## ##", "6##-###-###"),
        "SE": of("070-### ## ##", "08-### ### ##", "070 ### ## ##"),
        "BR": of("(11) 9####-####", "(21) 3###-####", "11 9####-####"),
        "CN": of("13#########", "138 #### ####", "010-########"),
        "RU": of("8 (9##) ###-##-##", "8 9## ### ## ##", "9## ###-##-##", "89#########"),
        "GR": of("210#######", "210 ### ####", "69########", "2310 ######"),
        "SG": of("8### 4#5#", "9### 5#6#", "6### 3#7#"),
        "IN": of("9#### #####", "98########", "080 #### ####", "9## ### ####"),
        "US": of("(^##) ^##-####", "^##-^##-####", "^##.^##.####", "1-^##-^##-####"),
        "extension": of("^##-555-#### x12", "^##-555-#### ext. 345", "030 ####### ext 12"),
        "full width": lambda chance: wide(digits(chance, "090-####-####")),
        "after a word": of("tel. 6########", "call 8#######", "mobile: 5########"),
        "no sign": of("49 151 #######", "44 20 7### ####", "34 6## ### ###"),
        "compact, national": of("6########", "8#######"),
        "compact, no sign": of("49151#######"),
    },
}

TIMES: Mapping[str, Make] = {
    "date": date("{y}-{m:02}-{d:02}"),
    "date with points": date("{d:02}.{m:02}.{y}"),
    "date with slashes": date("{m}/{d}/{y}"),
    "short date": date("{d:02}.{m:02}.30 {h:02}:{n:02}"),
    "timestamp": date("{y}-{m:02}-{d:02}T{h:02}:{n:02}:09Z"),
    "timestamp with offset": date("{y}-{m:02}-{d:02} {h:02}:{n:02}:09.123456+02:00"),
    "compact date": date("{y}{m:02}{d:02}"),
    "compact timestamp": date("{y}{m:02}{d:02}{h:02}{n:02}09"),
    "span": date("{y}-{m:02}-{d:02} - {y}-12-31"),
    "epoch seconds": epoch(10),
    "epoch milliseconds": epoch(13),
    "epoch microseconds": epoch(16),
}
NUMBERS: Mapping[str, Make] = {
    "order number": of(
        "order 1########", "order no. 00########", "ticket #9#######", "ORD-20^#-######"
    ),
    "compact number": of("1#######", "1###########", "7#######"),
    "version": of("v1.#.#", "^.1#.#-rc1", "1##.0.^###.1##", "version 10.1^.7.2##"),
    "address of a host": of("10.1#.2#.^", "192.168.1##.^#"),
    "price": of("1^.^##,99 EUR", "USD 1,^##,###.00", "$^,###.50", "^ 500 000 kr", "€ ^##.000"),
    "measurement": of("1 ^00 000 km", "^5#.5 kg", "1## x 6# x 7# cm", "^####### ms", "1.#######"),
    "coordinates": of("5^.520##8, 13.4049##", "-3^.8#6#5, 151.2#9#"),
    "UUID": of("550e8400-e29b-41d4-a716-44665544####"),
    "code": of("INV-20^#-00####", "AB-#####-^", "C1#######", "SKU-00######"),
    "years": of("2019-202^", "from 1998 to 200#", "2021, 2022, 2023, 202#"),
    "list": of("1, ^, 1#, 2#, 3#, 4#", "page 1## of 2##"),
    "hash": of("9f86d08188#c7d6#9a2feaa#c55ad", "commit 1e1####"),
}
STAYS: Mapping[str, Mapping[str, Make]] = {
    "email": {
        "handle": of("thanks @bob_1#", "@ann#: hi", "cc @team/web-#"),
        "price": of("^ pieces @ 1.5#", "1# units @ $^.00 each"),
        "package": of("npm i @angular/core", "/%40types%2fnode/1#", "import @scope/a#"),
        "code": of("@media print ^#", "@property def f#()", "@Override // ^#"),
        "place": of("meet at noon in room ^#", "noon @ the office #^", "look at dot ^#"),
        "percent": of("^0%401#", "width: 5#%; 40 px"),
        "brackets": of("look (at) figure #^", "the [at] sign ^#"),
        "words": of("at example ^# dot", "see www.example.com/^#", "arrive at 1#.30"),
    },
    "iban": {
        "VAT number": of("DE#########", "FR ## #########", "GB ### #### ##"),
        "part": of("AB12-#####-????", "XQ## #### ####", "NO 12 of ##"),
        "sentence": of("in 12 months we have had ## of them", "at 10 30 there were 15 people ^#"),
        "licence plate": of("B-?? ####", "DE 12 AA"),
        "code": of("GB-####-??", "FR7#-?", "SE0000######"),
        "hash": of("be12#f0a9d3c#e7ab5d#c0ffee", "de305d54-75b4-431b-adb2-eb6b9e54601#"),
    },
    "card": {
        "other issuer": of(
            "9999##########", "0###############", "1###############", "7777############"
        ),
        "wrong check digit": lambda chance: (
            str(int(luhn("4", 16, chance)) // 10 * 10 + 10)[:15] + "x"
        ),
        "tracking": of("1Z999??1#########", "JD0140############"),
        "years": of("2019 2020 2021 202^", "1990 1991 1992 199#"),
        "amounts": of("1 000 000 000 000 EUR", "^.###.###.### kr"),
    },
    "ssn": {
        "other groups": of("12-34-5^#9", "1##-##-^##", "1###-##-####", "##-###-###^"),
        "zip": of("9021^-12##", "1000#-00##"),
        "nine digits": of("ticket 12345678#", "1######## rows", "id ^########-x"),
        "score": of("10-20-3#", "won 1^-10", "12 - 3 - 4#"),
    },
    "phone": {
        "bare order number": of("^1########"),
        "sizes": of("36 38 40 4^", "20 30 40 5^"),
    },
}


def positives(kind: str) -> list[tuple[str, str, str]]:
    """Return the form, secret and text of all texts with something of a kind."""
    chance = random.Random(f"{kind} is found")
    made = []
    for form, make in FOUND[kind].items():
        for number in range(OF_EACH):
            secret = make(chance)
            alone = form == "alone"
            made.append((form, secret, "{}" if alone else SENTENCES[number % len(SENTENCES)]))
    return made


def negatives(kind: str) -> list[tuple[str, str]]:
    """Return the form and text of all texts that must stay unchanged."""
    chance = random.Random(f"{kind} stays")
    forms = {**TIMES, **NUMBERS, **STAYS[kind]}
    made = [(form, make(chance)) for form, make in forms.items() for _ in range(OF_EACH)]
    return [
        (form, chance.choice(["{}", "seen {} there", "{}, says he"]).format(t)) for form, t in made
    ]


def is_left(kind: str, secret: str, redacted: str) -> bool:
    """Whether anything of a secret is left: its name, or one of its digits."""
    if kind == "email":
        return secret.split("@")[0].split(" ")[0][:3] in redacted or "[email]" not in redacted
    return any(mark.isdigit() for mark in redacted)


def measured() -> tuple[str, dict[str, tuple[float, float]]]:
    """Return the page, and the two shares of each kind."""
    rows, shares = "", {}
    missed, wrong = "", ""
    for kind in PATTERNS:
        secrets = positives(kind)
        texts = [sentence.format(secret) for _, secret, sentence in secrets]
        after = redact(pa.array(texts), PATTERNS).to_pylist()
        left = [
            (form, secret)
            for (form, secret, _), text in zip(secrets, after, strict=True)
            if is_left(kind, secret, text)
        ]
        harmless = negatives(kind)
        after = redact(pa.array([text for _, text in harmless]), PATTERNS).to_pylist()
        taken = [one for one, text in zip(harmless, after, strict=True) if one[1] != text]
        shares[kind] = (1 - len(left) / len(secrets), 1 - len(taken) / len(harmless))
        rows += f"| {kind} | {len(secrets)} | {shares[kind][0]:.1%} "
        rows += f"| {len(harmless)} | {shares[kind][1]:.1%} |\n"
        missed += listed(kind, left)
        wrong += listed(kind, taken)
    return HEAD + rows + MISSES + missed + WRONG + wrong + TAIL, shares


def listed(kind: str, found: list[tuple[str, str]]) -> str:
    """Return a line for each form, with an example and the count."""
    lines = ""
    for form in dict.fromkeys(form for form, _ in found):
        texts = [text for other, text in found if other == form]
        example = texts[0].replace("\n", " ").replace("|", " ")
        lines += f"| {kind} | {form} | `{example}` | {len(texts)} of {OF_EACH} |\n"
    return lines


if __name__ == "__main__":
    PAGE.write_text(measured()[0], "utf-8")
