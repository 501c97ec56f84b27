"""The page of imports: what each did, row by row, and the button that takes it back."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from tests.conftest import MakeDatabase
from tests.doors import client_of

WHOLE = Scope.whole()
KEEPER = Actor("数据岗", Role.KEEPER, WHOLE)


def test_an_import_is_looked_at_and_taken_back_on_its_page(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    town = make_database("villages")
    client = client_of(town, Role.KEEPER)
    # The boundaries of the town are listed, too.
    assert "<td>网格</td>" in client.get("/imports").get_data(as_text=True)
    for n, name in enumerate(("甲队", "<b>乙队</b>")):
        file = tmp_path / f"{n}.csv"
        file.write_text(f"code,name_zh,kind\nZ1,{name},专业巡防队\n", "utf-8")
        assert import_records(
            town, WHOLE, IMPORT_KINDS["teams"], file, ImportOptions(), actor=KEEPER
        ).committed
    listed = client.get("/imports").get_data(as_text=True)
    assert listed.index("1.csv") < listed.index("0.csv")
    with town.scoped_session(WHOLE) as session:
        number = session.scalar(text("select max(import_run_id) from import_runs"))
    shown = client.get(f"/imports/{number}").get_data(as_text=True)
    assert "甲队" in shown
    assert "&lt;b&gt;乙队" in shown
    refused = client.post(f"/imports/{number}/undo", data={"why": " "})
    assert refused.status_code == 422
    assert "请写明撤销的原因" in refused.get_data(as_text=True)
    done = client.post(f"/imports/{number}/undo", data={"why": "导错了"})
    assert done.status_code == 303
    with town.scoped_session(WHOLE) as session:
        assert session.scalar(text("select name_zh from teams where code = 'Z1'")) == "甲队"
    assert "已撤销" in client.get("/imports?lang=zh").get_data(as_text=True)
    assert client.get(f"/imports/{number}?lang=en").status_code == 200
    assert client.get("/imports/999999").status_code == 404
    assert client_of(town, Role.VILLAGE_DESK, 33068110901004000).get("/imports").status_code == 403
