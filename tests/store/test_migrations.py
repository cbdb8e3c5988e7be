"""A database gets its tables once, whole, and from then on costs nothing to open."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from millpond.app import open_store
from millpond.domain.experiments import Stage
from millpond.errors import Unavailable
from millpond.settings import Settings
from millpond.store import migrations
from millpond.store.contract import DEFAULT_WORKSPACE
from millpond.store.sql.tables import metadata
from millpond.store.sqlite import DATABASE_NAME, SqliteStore
from millpond.testing.store_contract.samples import do, start_run
from tests.store.sqlite_files import quick_folder


@pytest.fixture
def path(tmp_path):
    path = tmp_path / DATABASE_NAME
    migrations.upgrade_sqlite(path)
    return path


def tables(path):
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows}


def test_a_migrated_database_has_the_tables_of_the_code(path):
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_newest_version_is_the_one_the_code_names():
    script = ScriptDirectory(str(migrations.__path__[0]))
    assert script.get_heads() == [migrations.HEAD]


def test_every_row_says_which_workspace_it_belongs_to():
    without = [name for name, table in metadata.tables.items() if "workspace_id" not in table.c]
    assert without == []


def test_there_is_one_workspace_from_the_start(path):
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT workspace_id, name FROM workspaces").fetchall()
    assert rows == [(1, DEFAULT_WORKSPACE)]


def test_opening_again_changes_nothing_and_does_not_load_alembic():
    code = (
        "import sys; from pathlib import Path; from millpond.store.sqlite import SqliteStore; "
        "SqliteStore(Path(sys.argv[1])).close(); print('alembic' in sys.modules)"
    )
    with quick_folder() as folder:
        before = tables(folder / DATABASE_NAME)
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder)], capture_output=True, text=True
        )
        assert done.stdout.strip() == "False", done.stderr
        assert tables(folder / DATABASE_NAME) == before


def test_a_migration_that_was_cut_off_begins_again(tmp_path, monkeypatch):
    path = tmp_path / DATABASE_NAME
    with monkeypatch.context() as patch:
        # The last statement fails, as if the process had been killed there.
        patch.setattr("alembic.op.execute", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            migrations.upgrade_sqlite(path)
    assert tables(path) == set()
    migrations.upgrade_sqlite(path)
    assert metadata.tables.keys() <= tables(path)


def test_a_database_of_a_newer_millpond_is_left_alone(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(Unavailable, match=r"newer Millpond .*9999"):
        migrations.upgrade_sqlite(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path):
    (tmp_path / DATABASE_NAME).write_bytes(b"this is not a database, but a diary" * 100)
    with pytest.raises(Unavailable, match=DATABASE_NAME):
        SqliteStore(tmp_path)


@pytest.mark.parametrize("name", ["with space", "100% é", "a?b=c#d", "it's;here"])
def test_a_folder_may_have_any_name(tmp_path, name):
    for _ in range(2):
        with closing(SqliteStore(tmp_path / name)) as store:
            assert store.workspaces() == [DEFAULT_WORKSPACE]
    assert (tmp_path / name / DATABASE_NAME).exists()
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_the_default_experiment_is_made_once(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    for now_ms in (5, 6):
        with closing(open_store(settings, now_ms)) as store:
            with store.read(DEFAULT_WORKSPACE) as reader:
                default = reader.experiment(0)
                assert reader.experiment_named("Default") == default
            assert (default.creation_ms, default.stage) == (5, Stage.ACTIVE)
            start_run(store, f"r{now_ms}", 0)


def test_an_experiment_id_is_not_given_again_after_a_restart():
    with quick_folder() as folder:
        given = []
        for _ in range(3):
            with closing(SqliteStore(folder)) as store:
                given.append(do(store, lambda tx: tx.new_experiment_id()))
        assert given == [1, 2, 3]
