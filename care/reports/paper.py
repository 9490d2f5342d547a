"""A report on paper: A4, the house's own type, the same bytes for the same figures."""

from __future__ import annotations

from functools import partial

from care.reports.document import Document, shown
from care.reports.wording import say, words
from content.proof.wording import moment
from reconciliation.reports.printing import environment, lay_out


def write_pdf(document: Document) -> bytes:
    """The PDF.

    Raises:
        UsageError: the libraries that lay out text are not installed.
    """
    return lay_out(page_of(document), _strong(document))


def page_of(document: Document) -> str:
    """The page that is laid out."""
    filled = environment({"shown": shown})
    return filled.get_template("operations.html.j2").render(document=document, say=partial(say, document.language), moment=moment)


def _strong(document: Document) -> str:
    """Every character that stands in bold: headings, heads of columns, figures."""
    heads = [column.head for table in document.tables for column in table.columns]
    names = [shown(row[0], table.columns[0].kind) for table in document.tables for row in table.rows]
    said = [document.title, document.span, *(word[document.language] for word in words().values()), *(section.title for section in document.sections)]
    return "".join([*said, *heads, *names, *(figure.text for figure in document.figures), "0123456789.,%-−: "])
