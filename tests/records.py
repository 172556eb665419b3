"""Invented papers by the thousand: of the same class as a form's example, and of any other."""

import hashlib
import random
import re
import zipfile
from dataclasses import replace
from functools import cache

from service.demo.portrait import portrait
from templates.catalogue import Catalogue
from templates.codes import CODE_SETS
from templates.lint import trial
from templates.wording import printed

FORMS = Catalogue.load().forms
STAMPABLE = [name for name, form in FORMS.items() if form.pages == 1]
COMMON = [
    bytes((row, cell)).decode("gb2312")
    for row in range(0xB0, 0xF8)
    for cell in range(0xA1, 0xFF)
    if (row, cell) < (0xD7, 0xFA) or row > 0xD7
]
"""The 6,763 hanzi of GB 2312."""
RARE = "䶮㛃㑇㧑㭎㳠䏝䓖䓨䗖䴔䴕䴖䴗䴘䴙㐁䞍偠勈嗈堯婫峓弌憚摌暚椑櫾涜濣"
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"  # a serial's, and those of the words in a code
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
HANZI, DIGIT = re.compile("[〇㐀-䶿一-鿿]"), re.compile("[0-9]")
WORDS = ("John Smith", "Müller", "de la Cruz", "阿卜杜·热合曼", "O'Brien", "A", "Wi-Fi 5G", "3.5", "（东）")
PICTURES = [portrait(seed, (307 - 26 * seed, 378 - 32 * seed)) for seed in range(4)]
STAGES = {"stage", "grade"}  # other codes hang on them
TRIES = 400  # dates and codes drawn for a field, of which those of the example's class are kept
EVERY_MONTH = [f"{year}-{month:02d}" for year in range(1990, 2031) for month in range(1, 13)]


def bare(text):
    return "".join(text.split())


def kind(text):
    """What tells the class of a text: each hanzi and each digit stands for all of its kind."""
    return DIGIT.sub("0", HANZI.sub("永", text))


def example(name, **changes):
    """A form's example with all its pictures."""
    form = FORMS[name]
    return trial.order(form, form.template.read_bytes(), changes)


@cache
def asked_for(name):
    """The fields that the conditions of a form's template ask for."""
    with zipfile.ZipFile(FORMS[name].template) as archive:
        xml = "".join(archive.read(part).decode() for part in archive.namelist() if part.endswith(".xml"))
    return frozenset(re.findall(r"raw\.(\w+)", xml))


def raw_values(form, key):
    """The raw values a code, a date or a month may have; none for what may be any text."""
    field = form.field(key)
    if field.type == "code":
        codes = field.codes(form.facts(form.example_data()))
        return [code for code in (field.words or CODE_SETS[codes].words) if code]
    dice = random.Random(key)
    if field.type == "date":
        return [f"{dice.choice(EVERY_MONTH)}-{dice.randint(1, 28):02d}" for _ in range(TRIES)]
    return EVERY_MONTH if field.type == "year_month" else []


@cache
def choices(name, key, value, *, same):
    """The raw values a field of the example may have instead; with `same` those that take the same room."""
    form, data = FORMS[name], FORMS[name].example_data()
    words = printed(form, data).get(key, "")
    if not same:
        return raw_values(form, key)
    return [
        other
        for other in raw_values(form, key)
        if kind(printed(form, {**data, key: other}).get(key, "")) == kind(words)
    ] or [value]


def alike(asked, dice):
    """An order of another person whose paper is of the same class."""
    name = asked.form.name
    data = {key: _same(name, key, value, dice) for key, value in asked.data.items()}
    return _signed(replace(asked, data=data), dice, dict.fromkeys(asked.photos, dice.choice(PICTURES)))


def _same(name, key, value, dice):
    field = FORMS[name].field(key)
    if (
        field.type in {"photo", "map"}
        or field.code_set in STAGES
        or key.rpartition(".")[2] in asked_for(name)
    ):
        return value
    if field.type in {"code", "date", "year_month"}:
        return dice.choice(choices(name, key, value, same=True))
    first = "[1-9]" if field.type in {"int", "decimal"} else ""
    digits = DIGIT.sub(lambda _: dice.choice("0123456789"), value)
    if first and not re.match(first, digits):
        digits = value[:1] + digits[1:]
    if "字第" in value:  # else it would be written into another such wording
        return digits
    return HANZI.sub(lambda _: dice.choice(RARE if dice.random() < 0.02 else COMMON), digits)


def unlike(asked, dice):
    """An order of any class: other lengths, blanks, letters, days; with or without its photos."""
    form, data = asked.form, dict(asked.data)
    for key, value in asked.data.items():
        field = form.field(key)
        if (
            field.type in {"photo", "map", "int", "decimal"}
            or field.code_set in STAGES
            or dice.random() < 0.6
        ):
            continue
        if not field.required and dice.random() < 0.2:
            del data[key]
        elif field.type in {"code", "date", "year_month"}:
            data[key] = dice.choice(choices(form.name, key, value, same=False))
        elif field.format is None and field.source != "office":
            data[key] = _text(field.max, dice)
    photos = dict.fromkeys(asked.photos, dice.choice(PICTURES)) if dice.random() < 0.5 else {}
    if not photos and not any(form.field(key).required for key in asked.photos):
        data = {key: value for key, value in data.items() if key not in asked.photos}
    else:
        photos = photos or dict(asked.photos)
    return _signed(replace(asked, data=data), dice, photos)


def mixed(orders, dice):
    """An order whose values come from any of these, photos from one."""
    base = dice.choice(orders)
    data = dict(base.data)
    for key in sorted(set().union(*(order.data for order in orders)) - set(base.photos)):
        value = dice.choice(orders).data.get(key)
        if value is not None and base.form.field(key).type != "photo":
            data[key] = value
        elif not base.form.field(key).required and key not in asked_for(base.form.name):
            data.pop(key, None)
    return replace(base, data=data)


def _text(most, dice):
    words = dice.choice(WORDS)[:most].strip()
    if dice.random() < 0.3:
        return words
    longest = most // 2 if dice.random() < 0.15 else min(most, 9)
    hanzi = "".join(dice.choices(COMMON, k=dice.randint(1, max(1, longest))))
    return (hanzi + words if dice.random() < 0.1 else hanzi)[:most].strip()


def _signed(asked, dice, photos):
    """Give an order its own serial, code, school and photos."""
    text = "HTTPS://YINZHENG.EXAMPLE/V/" + "".join(dice.choices(BASE32, k=152))
    school = HANZI.sub(lambda _: dice.choice(COMMON), asked.furniture["school"])
    digests = {key: hashlib.sha256(picture).hexdigest() for key, picture in photos.items()}
    return replace(
        asked,
        data={**asked.data, **digests},
        serial="".join(dice.choices(LETTERS, k=13)),
        codes=lambda pages: [text] * pages,
        furniture={**asked.furniture, "school": school},
        photos=photos,
    )
