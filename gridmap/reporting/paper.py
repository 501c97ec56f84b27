"""A page as PDF: tagged, A4, with the letters that it uses inside, and nothing of the clock."""

from __future__ import annotations

import datetime as dt
import logging

from gridmap.errors import Unavailable

CARRIED = "gridmap-report.json"
"""Name of the attachment that holds what the file was made of, and its figures."""
# The same page gives the same bytes: this instant stands where others write the clock's.
_NO_CLOCK = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def can_lay_out() -> bool:
    """Tell whether this machine has what lays out a PDF."""
    try:
        import weasyprint  # noqa: F401
    except OSError:
        return False
    return True


def to_pdf(page: str, carried: str) -> bytes:
    """Lay a page out on A4.

    Parameters
    ----------
    page : str
        HTML that names nothing outside of itself.
    carried : str
        JSON that the file carries as an attachment.

    Returns
    -------
    bytes
        PDF/UA-1 (ISO 14289-1), with fonts subset; the same for the same page, versions and fonts.

    Raises
    ------
    Unavailable
        When the libraries that lay out text are not on this machine.
    """
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
