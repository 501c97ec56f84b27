"""Zip archives: looked over before anything is unpacked, and only what is needed is."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from gridmap.ingest.isolated.frame import Refused

_PARTS = {
    "shapefile": (".shp", ".shx", ".dbf", ".prj", ".cpg"),
    "mapinfo": (".tab", ".dat", ".map", ".id", ".ind", ".mif", ".mid"),
}
_MAIN = {"shapefile": (".shp",), "mapinfo": (".tab", ".mif")}
_NEEDED = {".shp": (".shx", ".dbf"), ".tab": (".dat", ".map", ".id"), ".mif": (".mid",)}
_GDB_PARTS = frozenset({".gdbtable", ".gdbtablx", ".gdbindexes", ".atx", ".spx", ".freelist", ".horizon"})
_MOST_MEMBERS = 2000
_BLOCK = 1 << 20


def checked_members(archive: zipfile.ZipFile, limits: dict[str, int]) -> list[zipfile.ZipInfo]:
    """Members of an archive after a look at their names and sizes.

    Raises
    ------
    Refused
        When a name leads out of the archive, a member is a link or locked, or the whole unpacks to too much.
    """
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise Refused("zip-too-many", "压缩包里的文件太多。", "the archive holds too many files.")
    for member in members:
        name = member.filename
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name:
            raise Refused(
                "zip-path",
                f"压缩包里的“{name[:60]}”指向包外，拒绝解压。请重新打包。",
                f'"{name[:60]}" in the archive points outside of it; nothing is unpacked. Pack it again.',
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise Refused(
                "zip-link",
                "压缩包里有链接文件，拒绝解压。请重新打包。",
                "the archive holds a link; nothing is unpacked. Pack it again.",
            )
        if member.flag_bits & 1:
            raise Refused(
                "zip-locked", "压缩包有密码。请去掉密码。", "the archive has a password. Remove it."
            )
    total = sum(m.file_size for m in members)
    packed = sum(m.compress_size for m in members)
    if total > limits["unpacked_bytes"] or total > limits["unpack_ratio"] * max(packed, 1 << 16):
        raise too_big()
    return members


def too_big() -> Refused:
    """Refusal of an archive that unpacks to too much."""
    return Refused(
        "zip-too-big",
        "解压后的大小异常（可能是压缩炸弹），拒绝读取。请重新导出。",
        "it unpacks to an unreasonable size (perhaps a zip bomb) and is not read. Export it again.",
    )


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open an archive.

    Raises
    ------
    Refused
        When it is none.
    """
    try:
        return zipfile.ZipFile(path)
    # zipfile says NotImplementedError of a file whose compression or version it does not know.
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Refused(
            "zip-broken",
            "文件不完整（可能没有传完）。请重新复制，或重新打包、另存。",
            "it is not whole (it may not have arrived whole). Copy it again, or pack or save it again.",
        ) from None


def kind_of(archive: zipfile.ZipFile) -> str:
    """Tell what a zip archive of map layers holds: ``filegdb``, ``mapinfo`` or ``shapefile``."""
    if any(_in_filegdb(name) for name in archive.namelist()):
        return "filegdb"
    endings = {PurePosixPath(name.lower()).suffix for name in archive.namelist()}
    return "mapinfo" if ".shp" not in endings and endings & {".tab", ".mif"} else "shapefile"


def _in_filegdb(name: str) -> PurePosixPath | None:
    """Return the folder of a file geodatabase that a member lies in."""
    path = PurePosixPath(name.replace("\\", "/"))
    above = path.parent
    return above if above.suffix.lower() == ".gdb" and path.suffix.lower() in _GDB_PARTS else None


def unpack_filegdb(path: Path, folder: Path, limits: dict[str, int]) -> Path:
    """Unpack the file geodatabase of an archive into a folder, under a name of our own; return its folder.

    Raises
    ------
    Refused
        When it holds several.
    """
    with open_zip(path) as archive:
        members = [m for m in checked_members(archive, limits) if _in_filegdb(m.filename)]
        folders = {_in_filegdb(m.filename) for m in members}
        if len(folders) > 1:
            raise Refused(
                "filegdb-several",
                "压缩包里有几个 .gdb。请一次只打包一个。",
                "the archive holds several .gdb. Pack one at a time.",
            )
        target = folder / "layer.gdb"
        target.mkdir()
        for member in members:
            name = PurePosixPath(member.filename.replace("\\", "/")).name
            _unpack(archive, member, target / name, limits)
    return target


def packed_layers(archive: zipfile.ZipFile, limits: dict[str, int], kind: str) -> dict[str, zipfile.ZipInfo]:
    """Layers of an archive by their names.

    Parameters
    ----------
    archive : ZipFile
    limits : dict
    kind : str
        ``shapefile`` or ``mapinfo``.

    Raises
    ------
    Refused
        When there is none.
    """
    members = checked_members(archive, limits)
    shapes = {
        PurePosixPath(m.filename).stem: m
        for m in members
        if m.filename.lower().endswith(_MAIN[kind]) and not m.filename.startswith("__MACOSX/")
    }
    if not shapes:
        nested = any(m.filename.lower().endswith((".zip", ".rar", ".7z", ".kmz")) for m in members)
        raise Refused(
            "zip-nested" if nested else "zip-no-shapefile",
            "压缩包里没有 .shp 文件" + ("，只有另一个压缩包。请解开后重新打包。" if nested else "。"),
            "the archive holds no .shp file"
            + (", only another archive. Unpack that one and pack it again." if nested else "."),
        )
    return shapes


def unpack_layer(path: Path, folder: Path, layer: str | None, limits: dict[str, int], kind: str) -> Path:
    """Unpack one layer of an archive into a folder, under a name of our own.

    Returns
    -------
    Path
        Of the file that GDAL opens.

    Raises
    ------
    Refused
    """
    with open_zip(path) as archive:
        shapes = packed_layers(archive, limits, kind)
        if layer is None and len(shapes) > 1:
            raise choose_layer(sorted(shapes))
        chosen = shapes.get(layer) if layer else next(iter(shapes.values()))
        if chosen is None:
            raise choose_layer(sorted(shapes))
        stem, main = chosen.filename[:-4], chosen.filename[-4:].lower()
        for member in archive.infolist():
            name = PurePosixPath(member.filename)
            if member.filename.removesuffix(name.suffix) == stem and name.suffix.lower() in _PARTS[kind]:
                _unpack(archive, member, folder / f"layer{name.suffix.lower()}", limits)
    needed = _NEEDED[main]
    missing = [s for s in needed if not (folder / f"layer{s}").is_file()]
    if missing:
        every = " ".join((main, *needed))
        raise Refused(
            "shapefile-incomplete",
            f"缺少 {'、'.join(missing)} 文件。请把同名的 {every} 一起打包。",
            f"{', '.join(missing)} is missing. Pack {every} of the same name together.",
        )
    return folder / f"layer{main}"


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, limits: dict[str, int]) -> None:
    size = 0
    try:
        with archive.open(member) as source, target.open("xb") as out:
            while block := source.read(_BLOCK):
                size += len(block)
                if size > limits["unpacked_bytes"]:
                    raise too_big()
                out.write(block)
    # Likewise: what is damaged may look like a compression that nobody knows.
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError):
        raise Refused(
            "zip-broken", "压缩文件已损坏。请重新打包。", "the archive is damaged. Pack it again."
        ) from None


def choose_layer(names: list[str]) -> Refused:
    """Refusal of a file with several layers of which none, or an unknown one, was chosen."""
    shown = "、".join(names[:20])
    return Refused(
        "layer-needed",
        f"文件里有这些图层：{shown}。请指明要导入哪一个。",
        f"it has the layers {', '.join(names[:20])}. Say which one to import.",
    )
