"""PDF: the lines that its pages show, and the text that it carries as an attachment."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from gridmap.ingest.isolated.frame import Refused, text_table

CARRIED_PAGE = "0"
"""Page of the lines of the attachment."""
_MOST_PAGES = 500


def read_pdf(path: Path, attachment: str) -> pa.Table:
    """Read lines with their pages.

    Parameters
    ----------
    path : Path
    attachment : str
        Name of the attachment whose lines come first, on page 0.

    Returns
    -------
    Table
        Columns page and text.

    Raises
    ------
    Refused
        When it is no PDF, or has too many pages.
    """
    import pypdfium2

    try:
        held = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError:
        raise Refused(
            "file-broken", "文件不是可读的 PDF。请重新取得。", "it is no PDF that can be read. Get it again."
        ) from None
    if len(held) > _MOST_PAGES:
        raise Refused(
            "report-file-pages",
            f"有 {len(held)} 页，报告最多 {_MOST_PAGES} 页。",
            f"it has {len(held)} pages; a report has at most {_MOST_PAGES}.",
        )
    pages: list[str] = []
    texts: list[str] = []
    for number in range(held.count_attachments()):
        carried = held.get_attachment(number)
        if carried.get_name() == attachment:
            content = bytes(carried.get_data()).decode("utf-8", "replace")
            pages += [CARRIED_PAGE]
            texts += [content]
    for number in range(len(held)):
        lines = held[number].get_textpage().get_text_bounded().splitlines()
        pages += [str(number + 1)] * len(lines)
        texts += lines
    return text_table({"page": pages, "text": texts}, len(texts))
