"""The command line: what it explains, and how it refuses."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from millpond import __version__
from millpond.settings import describe

MILLPOND = Path(sys.executable).with_name("millpond")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def run(*arguments, **variables):
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MILLPOND_")}
    return subprocess.run(
        [MILLPOND, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**environ, "COLUMNS": "200", **variables},
        timeout=60,
    )


def test_help_explains_every_setting():
    words = " ".join(re.sub(r"[│╭╮╰╯─]", " ", ANSI.sub("", run("server", "--help").stdout)).split())
    for name, variable, _, sentence in describe():
        if name == "secret_key":
            # Whoever lists the machine's processes sees their flags.
            assert "--secret-key" not in words
            continue
        assert "--" + name.replace("_", "-") in words
        assert variable in words
        assert sentence in words
    assert "--config" in words


def test_version_is_printed():
    assert run("version").stdout.strip() == __version__
    assert run("--version").stdout.strip() == __version__


def test_a_server_starts_without_the_code_of_other_commands_and_engines():
    shown = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "millpond", "server", "--help"],
        capture_output=True,
        text=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in shown.stderr.splitlines()}
    assert "millpond.app" in loaded
    others = {"millpond.bench", "millpond.sdk", "psycopg", "obstore"}
    assert not loaded & (others | {"sqlalchemy.dialects.postgresql"})


def test_without_a_command_the_commands_are_named():
    shown = run()
    assert "server" in shown.stdout + shown.stderr


@pytest.mark.parametrize(
    "arguments", [["serve"], ["server", "--prot", "1"], ["server", "--port", "x"]]
)
def test_a_command_or_flag_that_there_is_not_is_refused(arguments):
    refused = run(*arguments)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def one_sentence(refused):
    assert refused.returncode == 1
    assert refused.stdout == ""
    lines = refused.stderr.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("millpond: ")
    return lines[0]


def test_listening_for_others_is_refused_in_one_sentence(tmp_path):
    refused = run("server", "--host", "0.0.0.0", "--data-dir", tmp_path / "data")
    assert "--allow-remote" in one_sentence(refused)
    assert not (tmp_path / "data").exists()


def test_a_wrong_environment_is_refused_in_one_sentence():
    assert "MILLPOND_PORT" in one_sentence(run("server", MILLPOND_PORT="many"))


def test_a_port_that_is_taken_is_refused_in_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("server", "--port", port, "--data-dir", tmp_path / "data")
    assert str(port) in one_sentence(refused)


def test_a_folder_that_is_a_file_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    refused = run("server", "--port", 0, "--data-dir", tmp_path / "file")
    assert str(tmp_path / "file") in one_sentence(refused)


def test_a_folder_that_another_server_has_is_refused_in_one_sentence(serve, tmp_path):
    folder = serve().settings.data_dir
    refused = run("server", "--port", 0, "--data-dir", folder)
    assert str(folder) in one_sentence(refused)


def test_a_store_is_made_portable(tmp_path):
    done = run("db", "portable", "--data-dir", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "0 segments were rewritten; the store can be read without pcodec.\n"
    assert (tmp_path / "data" / "millpond.db").exists()
