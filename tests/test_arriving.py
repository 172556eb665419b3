"""What arrives may be anything: hostile packages are named and kept, and whatever was changed in an honest one is found."""

import io
import zipfile
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake import unpacking
from intake.packages import unpacked
from service import archives, custody
from service.custody.checks import checked
from service.custody.checks.completeness import completeness
from service.custody.checks.nouns import MESSAGES, Bag
from service.custody.knowing import Known
from tests.conftest import OTHER_SCHOOL, SCHOOL, STUDENT, UNITS, as_role, issue_diploma
from tests.specimens.parcels import PARCELS, TOP, zipped
from tests.test_custody import handover
from tests.test_file_index import picture

_MADE = {}


class Parcel(tuple):
    """Members and known keys; told shortly, since hypothesis tells what a test was given."""

    __slots__ = ()

    def __repr__(self):
        return "parcel"


@pytest.fixture
def parcel(request, tmp_path):
    """An honest package, as members, and whose keys are known; it is made once."""
    if not _MADE:
        office, registrar = request.getfixturevalue("town"), request.getfixturevalue("registrar")
        issue_diploma(office, registrar)
        archives.file_item(office, registrar, STUDENT, picture("award"), archives.NewItem("5", "三好学生"))
        told = custody.open_transfer(office, registrar, handover())
        out = io.BytesIO()
        custody.transfer_package(office, registrar, told["id"]).write(out)
        with zipfile.ZipFile(out) as package:
            members = {name.removeprefix(TOP): package.read(name) for name in package.namelist()}
        known = [Known(office.settings.host.lower(), office.keys.public, frozenset(UNITS))]
        _MADE["made"] = Parcel((members, known))
    return _MADE["made"]


def packed(members):
    file = io.BytesIO(zipped(*((TOP + path, data) for path, data in members.items())))
    return file.getvalue()


def found(members, known, folder, org=OTHER_SCHOOL):
    """What the four checks find: codes and what they are about, by check."""
    with (folder / "parcel.zip").open("w+b") as file:
        file.write(packed(members))
        file.flush()
        with unpacked(file, folder) as files:
            told = checked(Bag(files), known, org)
    return {name: {(one.code, one.about) for one in some} for name, some in told.differences.items()}


def with_manifest(members):
    """The same with its manifests written anew, as a forger would; the signature he cannot write."""
    payload = {path: data for path, data in members.items() if path.startswith("data/")}

    def listed(files):
        return "".join(
            f"{sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items())
        ).encode()

    octets = sum(map(len, payload.values()))
    tags = {
        "bagit.txt": members["bagit.txt"],
        "bag-info.txt": f"Payload-Oxum: {octets}.{len(payload)}\n".encode(),
        "manifest-sha256.txt": listed(payload),
        "signature.txt": members["signature.txt"],
    }
    return {**tags, "tagmanifest-sha256.txt": listed(tags), **payload}


def path_of(members, end):
    return next(path for path in members if path.endswith(end))


def test_hostile_packages_are_named_and_kept(town):
    """Each fault is found in the child, nothing is taken out, the bytes are kept, and it is listed for a person."""
    receiver = as_role("registrar", OTHER_SCHOOL)
    for name, (data, code) in PARCELS.items():
        told = custody.take(town, receiver, OTHER_SCHOOL, io.BytesIO(data))
        faults = told["checks"]["security"]["differences"]
        assert code in {one["code"] for one in faults}, (name, faults)
        assert all("请" in one["message"] for one in faults)
        assert "140499201104120011" not in str(told)
        assert (told["state"], told["filed"], told["receipt"]) == ("held", 0, None), name
        assert told["checks"]["usability"]["differences"][0]["code"] == "not_checked"
        with town.archive.read() as reading:
            pieces = reading.pieces(told["package"]["sha256"])
        assert b"".join(town.archive.objects.get(piece) for piece, _ in pieces) == data
        assert custody.arrivals(town, receiver)["arrivals"][0] == told
    assert not list((town.settings.data / "packing").iterdir())


def test_too_many_files():
    """A directory of 200,001 files is refused before anything else is looked at."""
    one = zipfile.ZipInfo(TOP + "data/a")
    assert list(unpacking.faults([one] * (unpacking.MAX_MEMBERS + 1))) == [("too_many_files", "")]


def test_an_honest_package_passes(parcel, tmp_path):
    """Nothing is found by any of the four."""
    members, known = parcel
    assert all(not some for some in found(members, known, tmp_path).values())


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 999),
        st.sampled_from(["flip", "drop", "add"]),
        st.integers(0, 1 << 30),
        st.integers(1, 255),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda change: change[0] % 16,
)


@given(changes=CHANGES)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
def test_whatever_was_changed_is_named(parcel, tmp_path, changes):
    """Any subset of files flipped, removed or added: each of them is named."""
    members, _ = parcel
    paths = sorted(members)
    assert len(paths) >= 16
    changed, touched = dict(members), set()
    for place, what, at, bits in changes:
        path = paths[place % 16 * len(paths) // 16]
        if what == "flip":
            content = bytearray(members[path])
            content[at % len(content)] ^= bits
            changed[path] = bytes(content)
        elif what == "drop":
            del changed[path]
        else:
            path += ".extra"
            changed[path] = b"extra"
        touched.add(path)
    with (tmp_path / "parcel.zip").open("w+b") as file:
        file.write(packed(changed))
        file.flush()
        with unpacked(file, tmp_path) as files:
            assert files.faults == []
            named = {one.about for one in completeness(Bag(files))}
    assert touched <= named


def test_a_forged_manifest_is_not_signed(parcel, tmp_path):
    """Whoever changes a paper and writes the manifests anew is whole again, and is found by signature, log and PDF."""
    members, known = parcel
    path = path_of(members, "-document.pdf")
    forged = with_manifest({**members, path: members[path] + b"\n"})
    told = found(forged, known, tmp_path)
    assert told["completeness"] == {("entry_changed", path)}
    assert ("signature_differs", "signature.txt") in told["authenticity"]


@pytest.mark.parametrize(
    ("end", "change", "code"),
    [
        ("entries.json", ("三好学生", "三坏学生"), "entry_not_proved"),
        (".json", ("study_from", "study_till"), "document_not_proved"),
        ("checkpoint.txt", ("/log\n", "/Log\n"), "checkpoint_bad"),
        ("package.json", (f'"code": "{OTHER_SCHOOL}"', f'"code": "{SCHOOL}"'), "not_for_us"),
    ],
)
def test_a_changed_word_is_not_proved(parcel, tmp_path, end, change, code):
    """Each word of an entry, a paper's values, the checkpoint: with manifests written anew the log still tells."""
    members, known = parcel
    old, new = change
    path = next(path for path in members if path.endswith(end) and (end != ".json" or "/documents/" in path))
    changed = members[path].decode().replace(old, new)
    assert changed != members[path].decode()
    told = found(with_manifest({**members, path: changed.encode()}), known, tmp_path)
    assert code in {one for one, _ in told["authenticity"]}


def test_what_is_missing_is_named(parcel, tmp_path):
    """An item left out of the list, a paper's data, the list itself: whole by its manifests, and named."""
    members, known = parcel
    path = path_of(members, "entries.json")
    lines = members[path].decode().split("\n")
    shorter = "\n".join([lines[0], *lines[2:]])
    for changed, code in (
        ({**members, path: shorter.encode()}, "file_extra"),
        ({**members, path: shorter.encode()}, "counts_differ"),
        ({**members, path: b"[\n[[[[\n]"}, "bad_list"),
        ({name: data for name, data in members.items() if "/documents/" not in name}, "document_missing"),
        ({name: data for name, data in members.items() if "list-1" not in name}, "list_missing"),
        ({**members, "data/package.json": b"[" * 100_000}, "bad_list"),
        ({**members, "bagit.txt": b"BagIt-Version: 0.97\n"}, "not_a_bag"),
    ):
        told = found(with_manifest(changed), known, tmp_path)
        assert code in {one for one, _ in told["completeness"]}, code
        assert told["security"] == set()


def test_what_nobody_could_open_is_named(parcel, tmp_path):
    """A PDF that is none, a picture that is another kind, a layout that is no JSON, pages that are not there."""
    members, known = parcel
    pdf, png = path_of(members, "-document.pdf"), path_of(members, "-scan.png")
    layout = path_of(members, "-layout.json")
    told = found({**members, pdf: b"%PDF-1.7 nothing", png: members[pdf], layout: b"{"}, known, tmp_path)
    assert told["usability"] == {("cannot_open", pdf), ("wrong_kind", png), ("cannot_open", layout)}
    plain = found({**members, png: b"PK\x03\x04"}, known, tmp_path)
    assert plain["usability"] == {("cannot_open", png)}


def test_nobody_knows_the_key(parcel, tmp_path):
    """Without a known key nothing is believed, whatever key lies in the package."""
    members, known = parcel
    assert found(members, [], tmp_path)["authenticity"] == {("unknown_key", "signature.txt")}
    renamed = [Known("other.example", one.keys, one.units) for one in known]
    assert found(members, renamed, tmp_path)["authenticity"] == {("unknown_key", "signature.txt")}
    unsigned = {**members, "signature.txt": b"\xff"}
    assert found(unsigned, known, tmp_path)["authenticity"] == {("signature_missing", "signature.txt")}
    bent = {**members, "signature.txt": members["signature.txt"].replace(b"bagit", b"baggy")}
    assert found(bent, known, tmp_path)["authenticity"] == {("bad_signature", "signature.txt")}


def test_every_difference_says_what_to_do():
    """Whatever is found has its sentence."""
    assert all("请" in message for message in MESSAGES.values())
