"""A page as PDF: tagged, A4, with the letters that it uses inside, and nothing of the clock."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path

from gridmap.errors import InvalidInput, Unavailable
from gridmap.reporting import bounded
from gridmap.reporting.templating import is_own

CARRIED = "gridmap-report.json"
"""Name of the attachment that holds what the file was made of, and its figures."""
# The same page gives the same bytes: this instant stands where others write the clock's.
_NO_CLOCK = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_ALLOWED = bounded.Allowance(memory_bytes=1 << 30, cpu_s=60)
"""A page takes half a second of a processor; sixty hold a hundred of them."""


def can_lay_out() -> bool:
    """Tell whether this machine has what lays out a PDF."""
    try:
        import weasyprint  # noqa: F401
    except OSError:
        return False
    return True


def to_pdf(page: str, carried: str, own: Path | None = None) -> bytes:
    """Lay a page out on A4.

    Parameters
    ----------
    page : str
        HTML that names nothing outside of itself.
    carried : str
        JSON that the file carries as an attachment.
    own : Path, optional
        Folder with templates of the town's own, which the page may have been made by: then time and memory are bounded.

    Returns
    -------
    bytes
        PDF/UA-1 (ISO 14289-1), with fonts subset; the same for the same page, versions and fonts.

    Raises
    ------
    Unavailable
        When the libraries that lay out text are not on this machine.
    InvalidInput
        When a page by the town's own template takes more than is allowed.
    """
    if is_own(own) and can_lay_out():
        return bounded.done(_ALLOWED, _too_long, to_pdf, page, carried)
    # The library and Pango take longer to load than a command that writes no PDF.
    try:
        import weasyprint
    except OSError:
        raise Unavailable(
            "pdf-libraries",
            "本机缺少排版程序库 Pango，不能生成 PDF。请运行：sudo apt-get install libpango-1.0-0 "
            "libpangoft2-1.0-0 libharfbuzz-subset0；HTML 不需要它。",
            "Pango, which lays out text, is not on this machine, so no PDF can be made. Run: sudo apt-get install "
            "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; HTML needs none of it.",
        ) from None
    # It warns of each rule of a style sheet that is meant for screens.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
    attachment = weasyprint.Attachment(
        string=carried, name=CARRIED, created=_NO_CLOCK, modified=_NO_CLOCK, relationship="Data"
    )
    made = weasyprint.HTML(string=page, url_fetcher=fetcher).write_pdf(
        pdf_variant="pdf/ua-1", pdf_tags=True, attachments=[attachment]
    )
    return bytes(made)


def _too_long() -> InvalidInput:
    return InvalidInput(
        "template-paper-too-long",
        "templates 文件夹中的自有模板排出的页面太长或太复杂，排版所需的时间或内存超过限制。请把模板改短，"
        "或从该文件夹移走模板以恢复原样。",
        "What the town's own templates in the folder templates make is too long or too intricate to be laid out within "
        "the time and memory that are allowed. Make them shorter, or take them out of the folder.",
    )
