"""Names that trip programs: printed verbatim, found in the PDF, verified, and read back as a match."""

import io
import unicodedata
from dataclasses import replace

import pypdf
import pytest

from tests.bureau import SEALS, SIGNERS, bureau_of
from tests.paper import LEVELS, stack

READ = ("张<b>&三", "郝一㛃", "李䶮", "王𬱖", "古丽·买买提")
NAMES = (*READ, "{{serial}}")
"""The last one nobody has; a program that prints it must not obey it."""


@pytest.fixture(scope="module")
def bureau(request):
    with bureau_of(request) as bureau:
        yield bureau


@pytest.fixture(scope="module")
def documents(bureau):
    """One diploma for each name."""
    return {name: bureau.issue(bureau.admit(name, 2 * order)) for order, name in enumerate(NAMES, 1)}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_printed_as_it_is_written(bureau, documents, name):
    """Verbatim in record, layout, and the PDF's text; the name is no markup and no instruction to anybody."""
    document = documents[name]
    assert bureau.caller().get(f"/v1/students/{document['student']}").json()["name"] == name
    page = bureau.caller().get(document["links"]["layout"]).json()["pages"][0]
    printed = [value["text"] for value in page["values"] if value["name"] == "student_name"]
    assert printed
    assert set(printed) == {name}
    pdf = bureau.caller().get(document["links"]["content"]).content
    text = "".join(pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())
    assert name in unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("name", NAMES)
def test_the_public_sees_its_first_character_only(bureau, documents, name):
    """One character, not half of a surrogate pair; and the page for people shows it as text."""
    document = documents[name]
    assert bureau.verified(document)["holder_masked"] == name[0] + "**"
    page = bureau.caller(None).get(document["verify_url"].removeprefix("HTTPS://YINZHENG.EXAMPLE"))
    assert page.status_code == 200
    assert name not in page.text


def test_they_come_back_as_a_match(bureau, documents):
    """One stack with all that people can have, stamped and signed: each genuine, each name a match."""
    papers = [bureau.paper(documents[name], seed).complete(SEALS, SIGNERS) for seed, name in enumerate(READ)]
    result = bureau.brought(stack(papers, replace(LEVELS["B"], seed=5)))
    assert result["unmatched"] == []
    read = {
        document["serial"]: next(item for item in document["fields"] if item["name"] == "student_name")
        for document in result["documents"]
    }
    found = {name: read[documents[name]["serial"]] for name in READ}
    assert {name: item["result"] for name, item in found.items()} == dict.fromkeys(READ, "match")
    assert [item["expected"] for item in found.values()] == list(READ)
    verdicts = [(document["verdict"], document["reasons"]) for document in result["documents"]]
    assert verdicts == [("genuine", [])] * len(READ)
    bureau.assert_sound()
