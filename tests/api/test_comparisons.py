"""The page that compares a file that waits with what is stored, and imports it or puts it aside."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.profiles import Profile
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports import incoming, profiles
from gridmap.services.imports.records import ImportOptions, ImportResult, import_records
from gridmap.storage.database import Database
from tests.doors import client_of
from tests.towns import Towns

WHOLE = Scope.whole()
KEEPER = Actor("数据岗", Role.KEEPER, WHOLE)
HEAD = "事件编号,领域,类型,发生时间,经度,纬度,摘要\n"
BASE = HEAD + "".join(
    f"KC-00{n},矛盾纠纷,02,2026-09-2{n} 10:00,120.41{n}0,29.7890,滴水{n}\n" for n in range(1, 4)
)
NEXT = HEAD + (
    "KC-001,矛盾纠纷,02,2026-09-21 10:00,120.4110,29.7890,滴水1\n"
    "KC-002,矛盾纠纷,合同纠纷,2026-09-22 10:00,120.4130,29.7890,滴水2\n"
    "KC-003,警务,,2026-03-02 10:00,120.4600,29.7990,另一件事\n"
    "KC-009,矛盾纠纷,02,2026-09-25 10:00,120.4150,29.7890,<b>新的</b>\n"
    "KC-010,矛盾纠纷,02,不是日期,120.4150,29.7890,坏行\n"
)


@pytest.fixture
def town(towns: Towns) -> Iterator[Database]:
    made = towns.make("villages")
    profiles.save(made, KEEPER, Profile("省平台"))
    base = made.settings.home / "base.csv"
    base.write_text(BASE, "utf-8")
    assert import_records(made, WHOLE, IMPORT_KINDS["incidents"], base, ImportOptions()).inserted == 3
    yield made
    towns.drop(made)


def drop(town: Database, told: str = NEXT, name: str = "下月.csv") -> Path:
    folder = incoming.folder_of(town.settings.home, "省平台")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(told, "utf-8")
    return folder


def stored(town: Database) -> list[tuple[str, str | None]]:
    with town.scoped_session(WHOLE) as session:
        return [
            (uid, kind) for uid, kind in session.execute(text("select uid, kind from incidents order by uid"))
        ]


def counts(page: str) -> list[int]:
    """New, changed, same, refused, asked."""
    told = re.search(r'id="counts"><p>(.*?)</p>', page)
    assert told is not None, page
    return [int(n) for n in re.findall(r"<b>(\d+)</b>", told[1])][:5]


def seen_in(page: str) -> str:
    told = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert told is not None
    return told[1]


def compared(client: FlaskClient, more: str = "", name: str = "下月.csv") -> str:
    answer = client.get(f"/sources/省平台/compared/{name}{more}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_what_a_file_would_do_is_seen_before_it_is_imported_and_does_just_that(town: Database) -> None:
    folder, client, before = drop(town), client_of(town, Role.KEEPER), stored(town)
    assert "/sources/%E7%9C%81%E5%B9%B3%E5%8F%B0/compared/" in client.get("/sources").text
    page = compared(client)
    assert counts(page) == [1, 1, 1, 1, 1]
    # The field that changes, before and after, in words; how far the place moves; what nobody may take for markup.
    for told in ("邻里纠纷", "合同纠纷", "移动 97 m", "KC-009", "要问的", "不是日期"):
        assert told in page, told
    assert "<b>新的" not in page
    assert stored(town) == before, "a comparison writes nothing"
    held = client.post("/sources/省平台/compared/下月.csv", data={"seen": seen_in(page)})
    assert (held.status_code, stored(town)) == (409, before)
    assert "incoming-rows-refused" in held.text
    done = client.post("/sources/省平台/compared/下月.csv", data={"seen": seen_in(page), "valid": "on"})
    assert done.status_code == 303, done.text
    assert dict(stored(town)) == {"KC-001": "02", "KC-002": "04", "KC-003": "02", "KC-009": "02"}
    shown = client.get(done.headers["Location"])
    assert "已导入" in shown.text
    assert "移动 97 m" in shown.text
    assert [path.name[16:] for path in (folder / "done").iterdir()] == ["下月.csv"]
    assert (folder / "results" / "下月-result.xlsx").is_file(), "the sender has its answer"
    assert client.get("/sources/省平台/compared/下月.csv").status_code == 404


def test_rows_that_are_asked_about_come_in_when_a_person_is_sure(town: Database) -> None:
    drop(town)
    client = client_of(town, Role.KEEPER)
    page = compared(client, "?doubtful=on")
    assert counts(page) == [1, 2, 1, 1, 0]
    told = {"seen": seen_in(page), "valid": "on", "doubtful": "on"}
    assert client.post("/sources/省平台/compared/下月.csv", data=told).status_code == 303
    with town.scoped_session(WHOLE) as session:
        assert session.scalar(text("select domain from incidents where uid = 'KC-003'")) == "policing"


def test_a_file_that_changed_after_it_was_compared_is_not_imported(town: Database) -> None:
    drop(town)
    client, before = client_of(town, Role.KEEPER), stored(town)
    seen = seen_in(compared(client))
    drop(town, NEXT.replace("滴水1", "滴水一"))
    answer = client.post("/sources/省平台/compared/下月.csv", data={"seen": seen, "valid": "on"})
    assert (answer.status_code, stored(town)) == (409, before)
    assert "incoming-changed" in answer.text
    assert seen_in(answer.text) != seen, "the comparison that is shown is of the new file"


def test_what_is_imported_are_the_bytes_that_were_seen_though_its_sender_writes_meanwhile(
    town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, client = drop(town), client_of(town, Role.KEEPER)
    seen, bring = seen_in(compared(client)), profiles.bring

    def bring_late(*given: Any, **told: Any) -> ImportResult:
        drop(town, NEXT.replace("KC-009", "KC-099"))
        return bring(*given, **told)

    monkeypatch.setattr(profiles, "bring", bring_late)
    told = client.post("/sources/省平台/compared/下月.csv", data={"seen": seen, "valid": "on"})
    assert told.status_code == 303, told.text
    assert [uid for uid, _ in stored(town)] == ["KC-001", "KC-002", "KC-003", "KC-009"]
    assert "KC-099" in (folder / "下月.csv").read_text("utf-8"), "what was written meanwhile goes on waiting"


def test_a_sender_is_told_whom_to_ask_and_no_option_of_a_command(town: Database) -> None:
    codes = (
        HEAD
        + "KC-020,矛盾纠纷,09,2026-09-25 10:00,120.4150,29.7890,代码\n"
        + "KC-021,矛盾纠纷,邻里纠纷,2026-09-25 10:00,120.4150,29.7890,名称\n"
    )
    client = client_of(town, Role.KEEPER)
    for name, file, wanted in (
        ("下月", NEXT, ("若确是同一件事，请告知综治中心数据岗", "tell whoever keeps the data at the centre")),
        (
            "代码",
            codes,
            ("请告知综治中心数据岗是哪一种", "Tell whoever keeps the data at the centre which it is"),
        ),
    ):
        folder = drop(town, file, f"{name}.csv")
        seen = seen_in(compared(client, name=f"{name}.csv"))
        done = client.post(f"/sources/省平台/compared/{name}.csv", data={"seen": seen, "valid": "on"})
        assert done.status_code == 303, done.text
        rows = openpyxl.load_workbook(folder / "results" / f"{name}-result.xlsx").active
        assert rows is not None
        reasons = [str(row[-1]) for row in rows.iter_rows(min_row=2, values_only=True)]
        for told in wanted:
            assert [words for words in reasons if told in words], (told, reasons)
        assert not [words for words in reasons if "--" in words or "gridmap " in words]


def test_half_an_upload_is_not_compared_imported_or_put_aside_however_long_it_stands_still(
    town: Database,
) -> None:
    folder, client, before = drop(town), client_of(town, Role.KEEPER), stored(town)
    seen = seen_in(compared(client))
    long_ago = time.time() - 3_600
    os.utime(folder / "下月.csv", (long_ago, long_ago))
    with (folder / "下月.csv").open("a", encoding="utf-8") as upload:
        upload.write("KC-011,矛盾纠纷,02,2026-09-")
        upload.flush()
        page = client.get("/sources/省平台/compared/下月.csv")
        told = client.post("/sources/省平台/compared/下月.csv", data={"seen": seen, "valid": "on"})
        aside = client.post("/sources/省平台/compared/下月.csv/aside", data={})
        for answer in (page, told, aside):
            assert answer.status_code == 409, answer.text
            assert "还在传送" in answer.text
            assert 'id="aside"' in answer.text
        upload.write("26 10:00,120.4150,29.7890,滴水11\n")
    assert stored(town) == before
    assert counts(compared(client)) == [2, 1, 1, 1, 1]


def test_a_file_that_is_put_aside_changes_nothing_and_is_kept_with_a_note(town: Database) -> None:
    folder, client, before = drop(town), client_of(town, Role.KEEPER), stored(town)
    answer = client.post("/sources/省平台/compared/下月.csv/aside", data={})
    assert (answer.status_code, stored(town)) == (303, before)
    assert incoming.waiting(town, quiet_s=0) == []
    assert [path.name[16:] for path in (folder / "refused").iterdir()] == ["下月.csv"]
    assert "不导入" in (folder / "results" / "下月.csv.txt").read_text("utf-8")


def test_a_comparison_tells_what_stops_a_file_and_a_file_that_is_in_already(town: Database) -> None:
    drop(town, "甲,乙\n1,2\n", "别的.csv")
    drop(town, BASE, "再来.csv")
    client = client_of(town, Role.KEEPER)
    stopped = client.get("/sources/省平台/compared/别的.csv?lang=en")
    assert stopped.status_code == 422
    assert 'id="aside"' in stopped.text
    page = compared(client, name="再来.csv")
    assert "相同，不会再导入" in page
    assert 'id="accept"' not in page
    for role in (Role.VILLAGE_DESK, Role.LIAISON):
        assert client_of(town, role).get("/sources/省平台/compared/再来.csv").status_code == 403


def test_a_page_of_a_file_tells_what_it_offers_and_no_option_of_a_command(town: Database) -> None:
    drop(town)
    drop(town, HEAD + "KC-020,矛盾纠纷,09,2026-09-25 10:00,120.4150,29.7890,水塘\n", "代码.csv")
    drop(town, HEAD + "KC-021,矛盾纠纷,没有的类型,2026-09-25 10:00,120.4150,29.7890,水塘\n", "未知.csv")
    drop(town, "", "坏.csv")
    (incoming.folder_of(town.settings.home, "省平台") / "坏.csv").write_bytes(
        "事件编号,摘要\n1,滴水\n".encode("utf-16-le")
    )
    client = client_of(town, Role.KEEPER)
    wanted = {
        "下月.csv": ("点“连要问的行一起比较”", "choose &#34;Compare with the rows that are asked about&#34;"),
        "代码.csv": ("里选代码体系", "Choose it on the page of columns"),
        "坏.csv": ("“编码”", "&#34;Encoding&#34;"),
        "未知.csv": (
            "没有的类型（1）。请在配置中说明它们是什么（“回到各列”）",
            "没有的类型 (1). Say in the profile",
        ),
    }
    for file, said in wanted.items():
        for words, language in zip(said, ("zh", "en"), strict=True):
            told = client.get(f"/sources/省平台/compared/{file}?lang={language}").text
            assert words in told, (file, language, told[-3000:])
            assert (
                re.search(r"--(accept|code|crs|sheet|encoding|stage|all)|gridmap profiles", told) is None
            ), (
                file,
                language,
            )
