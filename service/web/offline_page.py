"""The page that verifies without us: one HTML file with keys, list and checkpoint inside, its own script, no network."""

import json
from typing import Final

from service import publish
from service.office import Office
from service.office.verdicts import LOOKS, OFFLINE, reason_text
from service.web.page import PAGES

VERDICTS: Final = ("genuine", "revoked", "superseded", "unknown", "cannot_check")
"""What can be said without the archive."""
ADVICE: Final = {
    "genuine": (
        "请把下面各项与手中的纸张逐一比对，有一项不同就不要采信这张纸。",
        "纸上印的姓名等内容是否与存档一致，离线看不出来；请看纸上所印并核对证件，或联网上传扫描件核验。",
    )
}
"""What to do where the online answer's advice cannot be followed."""
EMPTY: Final = '<script type="application/json" id="published">{}</script>'
POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src blob: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts"
)
"""The script stands in the page, for a file has no other place for it; a sandbox keeps it from everything of ours."""


def advice(verdict: str) -> tuple[str, ...]:
    """What the page tells to do."""
    return ADVICE.get(verdict) or LOOKS[verdict].advice


def offline_page(office: Office) -> str:
    """The page as of now; it shows no paper, and its words are those of the online answer."""
    words = {name: [LOOKS[name].word, LOOKS[name].meaning, list(advice(name))] for name in VERDICTS}
    published = {
        "keys": office.keys.published(),
        "list": publish.status_list(office, long=True),
        "head": publish.checkpoint(office),
        "forms": {form.code: form.title for form in office.catalogue.forms.values()},
        "words": {**words, "reasons": {reason: reason_text(reason, {}) for reason in OFFLINE}},
    }
    text = json.dumps(published, ensure_ascii=False).replace("<", "\\u003c")
    page = (PAGES / "offline.html").read_text("utf-8")
    return page.replace(EMPTY, EMPTY.replace("{}", text))
