"""What is published proves papers without us: checkpoints any tool reads, proofs, lists, and an honest offline verdict."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from service import publish
from service.errors import Problem
from service.offline import AHEAD, Offline, verify
from service.signing import BadNote, PublicKeys, new_serial
from service.signing.listing import SerialSet
from service.signing.note import taken_apart
from service.signing.published import head, list_note, read_checkpoint, read_list
from storage import log
from tests.placed import FACTS, STUDENT_NO, place, place_people

# The example of the signed-note specification: its key, and a note signed with it.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""


@pytest.fixture
def town(office):
    place_people(office)
    return office


@pytest.fixture
def keys(town):
    return PublicKeys.from_json(town.keys.published())


def public(keys):
    (row,) = json.loads(keys)["keys"]
    return base64.b64decode(row["public_key"])


def at_hand(town, keys, *, long=True, **changed):
    """What somebody fetched just now."""
    listed = read_list(keys, publish.status_list(town, long=long))
    return replace(Offline(keys, listed, read_checkpoint(keys, publish.checkpoint(town))), **changed)


def asked(town, have, document, **later):
    found = verify(have, document.code_text, town.now() + timedelta(**later))
    return found.verdict, found.reasons


def test_the_example_of_the_specification_is_read():
    """Go's own example note opens with its key, and not when a letter is another."""
    name, key_id, key = PETER.split("+")
    row = {
        "kid": 1,
        "algorithm": "Ed25519",
        "public_key": base64.b64encode(base64.b64decode(key)[1:]).decode(),
    }
    keys = PublicKeys.from_json(json.dumps({"keys": [row]}))
    note = keys.open_note(NOTE)
    assert (note.name, note.time, len(note.lines)) == (name, None, 2)
    assert taken_apart(NOTE)[1][0].key_id.hex() == key_id
    with pytest.raises(BadNote, match="bad_signature"):
        keys.open_note(NOTE.replace("cryptography", "Cryptography"))


def test_a_checkpoint_is_what_the_specifications_say(town):
    """Byte by byte, by hand: three lines, a blank one, an Ed25519 line and one that signs the time too."""
    place(town, "1")
    note = publish.checkpoint(town)
    text, _, signatures = note.partition("\n\n")
    origin, size, root = text.split("\n")
    assert (origin, size, len(base64.b64decode(root))) == ("yinzheng.example/log", "1", 32)
    plain, timed = (line.split(" ") for line in signatures.rstrip("\n").split("\n"))
    assert [line[:2] for line in (plain, timed)] == [["—", origin]] * 2
    raw = public(town.keys.published())
    body = f"{text}\n".encode()
    seconds = int(town.now().timestamp())
    stamped = f"cosignature/v1\ntime {seconds}\n".encode() + body
    for words, kind, stamp, signed in (
        (plain, b"\x01", b"", body),
        (timed, b"\x04", seconds.to_bytes(8), stamped),
    ):
        data = base64.b64decode(words[2])
        assert data[:4] == hashlib.sha256(origin.encode() + b"\n" + kind + raw).digest()[:4]
        assert data[4:].startswith(stamp)
        signature = data[4 + len(stamp) :]
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, signed)
        with pytest.raises(InvalidSignature):
            Ed25519PublicKey.from_public_bytes(raw).verify(signature, signed + b"\n")


def test_an_empty_log_has_a_head(town, keys):
    """Before the first document the checkpoint says size 0 and the hash of nothing."""
    found = read_checkpoint(keys, publish.checkpoint(town))
    assert (found.size, found.root) == (0, log.EMPTY)


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace("\n1\n", "\n01\n"),
        lambda note: note.replace("\n\n", "\nmore\n\n"),
        lambda note: note.replace("yinzheng", "another"),
        lambda note: note.replace("— ", "- "),
        lambda note: note.rstrip("\n"),
        lambda note: note.split("\n\n")[0],
        lambda note: note[:0],
        lambda note: note + "— x AAAA\n",
    ],
)
def test_a_changed_checkpoint_is_not_believed(town, keys, change):
    """Neither another text nor another frame."""
    place(town, "1")
    note = publish.checkpoint(town)
    assert read_checkpoint(keys, note).size == 1
    with pytest.raises(BadNote):
        read_checkpoint(keys, change(note))


def test_witnesses_may_sign_too(town, keys):
    """A line of a key that is not ours is passed over; without ours nothing is believed."""
    note = publish.checkpoint(town)
    line = f"— witness.example {base64.b64encode(bytes(76)).decode()}\n"
    assert read_checkpoint(keys, note + line).size == 0
    with pytest.raises(BadNote, match="unknown_key"):
        keys.open_note(note.split("\n\n")[0] + "\n\n" + line)


@pytest.mark.parametrize(
    "words", [("-1", "A" * 43 + "="), ("1", "AAAA"), ("1", "é"), ("1.0", "A" * 43 + "=")]
)
def test_a_head_is_a_number_and_a_hash(words):
    with pytest.raises(BadNote):
        head(*words)


def test_a_document_is_proved_without_us(town, keys):
    """Leaf, path, root and signature fit together, with nothing but the published keys; nobody is named."""
    document = place(town, "1", "effective")
    for number in range(2, 9):
        place(town, str(number))
    proof = publish.proof(town, document.serial)
    found = read_checkpoint(keys, proof["checkpoint"])
    assert base64.b64encode(found.root).decode() == proof["root"]
    for one in (proof, *proof["status"]):
        path = [base64.b64decode(node) for node in one["path"]]
        leaf = log.leaf_hash(one["payload"].encode())
        assert log.verify_inclusion(leaf, one["index"], found.size, path, found.root)
    said = json.loads(proof["payload"])
    assert said["token"] == hashlib.sha256(document.token.encode()).hexdigest()
    assert said["pdf"] == document.pdf
    assert [one["kind"] for one in proof["status"]] == ["effective"]
    for secret in (STUDENT_NO, FACTS["student_name"], f'"{document.number}"'):
        assert secret not in json.dumps(proof, ensure_ascii=False)


def test_the_log_is_shown_to_grow_only(town):
    """From every size to every later one."""
    for number in range(1, 6):
        place(town, str(number))
    for first in range(6):
        for second in range(first, 6):
            found = publish.consistency(town, first, second)
            roots = [base64.b64decode(found[name]) for name in ("first_root", "second_root")]
            path = [base64.b64decode(node) for node in found["path"]]
            assert log.verify_consistency(first, roots[0], second, roots[1], path)
    for wrong in ((1, 9), (3, 2), (-1, None)):
        with pytest.raises(Problem) as caught:
            publish.consistency(town, *wrong)
        assert caught.value.code == "bad_range"


@given(st.lists(st.integers(0, 2**60 - 1), unique=True, max_size=300), st.integers(0, 2**60 - 1))
def test_a_set_has_what_was_put_into_it(values, other):
    """Each of them, whatever their number; it reads back what it writes; another serial is not in it."""
    serials = [new_serial(lambda count, value=value: (value << 4).to_bytes(count)) for value in values]
    found = SerialSet.of(serials)
    assert len(found) == len(serials)
    assert all(serial in found for serial in serials)
    assert SerialSet.read(found.line()) == found
    stranger = new_serial((other << 4).to_bytes)
    assert (stranger in found) == (stranger in serials)


@pytest.mark.parametrize("line", ["", "1 1 AA==", "0 0 ", "1 1 !", "x 1 AA==", "0 1 AA== x", "0 1 AAA="])
def test_a_broken_set_is_refused(line):
    with pytest.raises(ValueError):  # noqa: PT011 -- whoever reads it says what was wrong
        SerialSet.read(line)


def test_where_papers_stand(town, keys):
    """Genuine only as long as it is listed as effective; what ended is told, however old the list."""
    pending, good, bad, old = (
        place(town, str(number), status)
        for number, status in enumerate(("pending", "effective", "revoked", "superseded"))
    )
    have = at_hand(town, keys)
    assert asked(town, have, good) == ("genuine", ())
    assert asked(town, have, pending) == ("cannot_check", ("not_listed",))
    for days in (0, 400):
        assert asked(town, have, bad, days=days) == ("revoked", ())
        assert asked(town, have, old, days=days) == ("superseded", ())
    assert verify(have, good.code_text, town.now()).as_of == town.now().replace(microsecond=0)


def test_what_is_too_old_says_nothing(town, keys, clock):
    """A list or checkpoint beyond the limit, one from the future, none at all: cannot_check, with its reason."""
    good = place(town, "1", "effective")
    have = at_hand(town, keys)
    assert asked(town, have, good, days=31) == ("genuine", ())
    assert asked(town, have, good, days=32) == ("cannot_check", ("list_too_old",))
    assert asked(town, replace(have, max_age=timedelta(days=40)), good, days=32) == ("genuine", ())
    assert asked(town, have, good, days=-2) == ("cannot_check", ("clock_wrong",))
    assert asked(town, have, good, seconds=-AHEAD.total_seconds()) == ("genuine", ())
    assert asked(town, replace(have, checkpoint=None), good) == ("cannot_check", ("no_checkpoint",))
    assert asked(town, replace(have, listed=None), good) == ("cannot_check", ("no_status_list",))
    undated = replace(have.checkpoint, time=None)
    assert asked(town, replace(have, checkpoint=undated), good) == ("cannot_check", ("checkpoint_too_old",))
    clock.advance(days=40)
    newer = read_list(keys, publish.status_list(town, long=True))
    assert asked(town, replace(have, listed=newer), good) == ("cannot_check", ("checkpoint_too_old",))


def test_a_list_and_a_checkpoint_of_two_logs_are_not_one(town, keys):
    """The same size with another root: somebody is shown another log than others."""
    good = place(town, "1", "effective")
    have = at_hand(town, keys)
    split = replace(have, checkpoint=replace(have.checkpoint, root=bytes(32)))
    assert asked(town, split, good) == ("cannot_check", ("log_split",))


def test_a_proof_stands_in_for_the_long_list(town, keys):
    """The paper's own proof, and no other's, none of a pending paper, none that was changed."""
    good, other, pending = place(town, "1", "effective"), place(town, "2", "effective"), place(town, "3")
    short = at_hand(town, keys, long=False)
    assert asked(town, short, good) == ("cannot_check", ("short_list",))
    proof = publish.proof(town, good.serial)
    assert asked(town, replace(short, proof=proof), good) == ("genuine", ())
    assert asked(town, replace(short, proof=proof), other) == ("cannot_check", ("bad_proof",))
    for wrong in (
        publish.proof(town, pending.serial),
        {**proof, "checkpoint": ""},
        {**proof, "status": [{**proof["status"][0], "index": 0}]},
        {**proof, "status": [{**proof["status"][0], "path": [None]}]},
        {},
        {"checkpoint": 1},
    ):
        assert asked(town, replace(short, proof=wrong), good) == ("cannot_check", ("bad_proof",))


def test_a_code_that_is_not_ours_is_told_as_online(town, keys):
    """A foreign text and a forged signature are unknown; a key the file lacks cannot be checked."""
    document = place(town, "1", "effective")
    have = at_hand(town, keys)
    text = document.code_text
    forged = text[:-4] + ("AAAA" if not text.endswith("AAAA") else "BBBB")
    assert verify(have, "https://example.com", town.now()).verdict == "unknown"
    assert verify(have, forged, town.now()).reasons in {("bad_signature",), ("foreign_code",)}
    nobody = replace(have, keys=PublicKeys({}))
    found = verify(nobody, text, town.now())
    assert (found.verdict, found.reasons) == ("cannot_check", ("unknown_key",))


def test_a_list_must_be_whole(town, keys):
    """A signed text that is no list is refused, and so is one that lacks the revoked ones."""
    place(town, "1")
    at = read_checkpoint(keys, publish.checkpoint(town))
    with pytest.raises(BadNote, match="bad_note"):
        read_list(keys, publish.checkpoint(town))
    with pytest.raises(BadNote, match="bad_note"):
        read_list(keys, list_note(town.keys, "x/status-list", at, [("effective", SerialSet.of([]))]))


def test_a_list_is_made_anew_when_something_happened(town, keys, clock):
    """At once for a change, and after an hour for its time's sake; in between the same one is given out."""
    document = place(town, "1")
    first = publish.status_list(town)
    clock.advance(minutes=10)
    assert publish.status_list(town) is first
    with town.archive.begin() as transaction:
        transaction.set_status(document.serial, "revoked", reason="错发")
    assert document.serial in read_list(keys, publish.status_list(town)).sets["revoked"]
    second = publish.status_list(town)
    clock.advance(hours=2)
    assert publish.status_list(town) != second


def test_five_thousand_revoked_papers_are_a_small_list(town, keys):
    """Four bytes and a sixteenth each, and the list says nothing else."""
    serials = [new_serial(lambda count, value=value: (value << 4).to_bytes(count)) for value in range(5000)]
    at = read_checkpoint(keys, publish.checkpoint(town))
    sets = [("revoked", SerialSet.of(serials)), ("superseded", SerialSet.of([]))]
    note = list_note(town.keys, "yinzheng.example/status-list", at, sets)
    assert len(sets[0][1].table) == 5000 * 4 + 312
    assert len(note) < 28_000
    listed = read_list(keys, note)
    assert all(serial in listed.sets["revoked"] for serial in serials)
