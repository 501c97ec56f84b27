"""Whatever is asked within the document, by whatever role, is answered within the document."""

from __future__ import annotations

import pytest

from gridmap.domain.accounts import Role
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.doors import client_of
from tests.fuzzing import draw

VILLAGE = 33068110901004000


@pytest.fixture(scope="module")
def asked(make_database: MakeDatabase) -> Database:
    """A town of this module's own: what is asked changes it."""
    return make_database("demo")


@pytest.mark.parametrize("role", Role)
def test_no_role_gets_an_answer_outside_the_document(asked: Database, role: Role) -> None:
    inside = 0 if role in {Role.ADMINISTRATOR, Role.TOWN_DESK} else VILLAGE
    examples = 6 if role in {Role.ADMINISTRATOR, Role.VILLAGE_DESK} else 1
    drawn = draw(client_of(asked, role, inside), examples)
    assert len(drawn.operations) > 55
    assert {"GET /api/v1/timeline", "POST /api/v1/coverage/sites"} <= drawn.operations
    assert sum(drawn.statuses.values()) >= len(drawn.operations)
    assert not {status for status in drawn.statuses if status >= 500 and status != 503}
