"""What papers are printed on and from: pre-printed blanks with their offsets, and accepted Word templates."""

from dataclasses import asdict, replace

from sqlalchemy import bindparam, func, select

from storage.records import Blank, TemplateVersion
from storage.session import Session, select_record
from storage.tables import blanks, source_templates, template_versions

_blank = select_record(blanks, Blank).where(blanks.c.id == bindparam("id"))
_source = select(source_templates.c.docx).where(source_templates.c.hash == bindparam("hash"))
_sources = select(source_templates.c.hash, source_templates.c.docx)
_newest = select(func.max(template_versions.c.version)).where(template_versions.c.form == bindparam("form"))


class ReadsSheets(Session):
    """Looks up blanks and template versions."""

    def blank(self, blank_id: str) -> Blank:
        """Look one up; NotFound when it is not registered."""
        return Blank(*self._one("blank", _blank, {"id": blank_id}))

    def blanks(self, form: str | None = None) -> list[Blank]:
        """List blanks, of one form when given, by id."""
        wanted = select_record(blanks, Blank).order_by(blanks.c.id)
        if form is not None:
            wanted = wanted.where(blanks.c.form == form)
        return [Blank(*row) for row in self._rows("blank", wanted)]

    def template_versions(self, form: str | None = None) -> list[TemplateVersion]:
        """List accepted templates, of one form when given, oldest version first."""
        wanted = select_record(template_versions, TemplateVersion)
        if form is not None:
            wanted = wanted.where(template_versions.c.form == form)
        wanted = wanted.order_by(template_versions.c.form, template_versions.c.version)
        return [TemplateVersion(*row) for row in self._rows("template", wanted)]

    def source_template(self, template_hash: str) -> str | None:
        """Give the sha256 of the Word file that papers with this template hash were stamped from; None when none was."""
        row = self._first("template", _source, {"hash": template_hash})
        return None if row is None else str(row.docx)

    def source_templates(self) -> dict[str, str]:
        """Give the sha256 of every Word file that papers were stamped from, by template hash."""
        return {row.hash: row.docx for row in self._rows("template", _sources)}


class WritesSheets(ReadsSheets):
    """Registers blanks and accepts template versions."""

    def put_blank(self, blank: Blank) -> None:
        """Write it new, or its data over what was there (`at` is set here); Frozen for another organization or form."""
        values = {**asdict(blank), "at": self._now()}
        present = self._first("blank", _blank, {"id": blank.id})
        if present is None:
            self._insert("blank", blanks, values)
            return
        if (present.org, present.form) == (blank.org, blank.form):
            # Columns that stay the same are left out: the guard refuses to touch them at all.
            values = {name: values[name] for name in ("data", "at", "by")}
        self._do("blank", blanks.update().where(blanks.c.id == blank.id).values(values))

    def add_template_version(self, *, form: str, hash: str, docx: str, note: str, by: str) -> TemplateVersion:  # noqa: A002
        """Accept a template whose .docx is already among the objects; it is the form's next version, for ever."""
        newest = self._one("template", _newest, {"form": form})[0]
        kept = TemplateVersion(0, form, (newest or 0) + 1, hash, docx, note, self._now(), by)
        values = {field: getattr(kept, field) for field in TemplateVersion.__slots__ if field != "id"}
        return replace(kept, id=self._insert("template", template_versions, values))

    def keep_source_template(self, template_hash: str, docx: str) -> None:
        """Keep which Word file, already among the objects, stands behind a template hash; the first stays for ever."""
        if self.source_template(template_hash) is None:
            self._insert(
                "template", source_templates, {"hash": template_hash, "docx": docx, "at": self._now()}
            )
