"""Where settings come from, and which are refused."""

from pathlib import Path

import pytest

from millpond.errors import InvalidParameter
from millpond.settings import Settings, describe, load


@pytest.fixture
def config(tmp_path):
    """Write a settings file."""

    def write(text):
        path = tmp_path / "millpond.toml"
        path.write_text(text)
        return path

    return write


def test_nothing_said_means_the_defaults():
    assert load({}, {}) == Settings()


def test_a_file_is_read(config):
    settings = load({}, {}, config('port = 5001\ndata_dir = "d"\nallow_remote = true\n'))
    assert (settings.port, settings.data_dir, settings.allow_remote) == (5001, Path("d"), True)


def test_the_environment_outranks_the_file(config):
    environ = {"MILLPOND_PORT": "5002", "MILLPOND_ALLOW_REMOTE": "yes"}
    settings = load({}, environ, config("port = 5001\nread_threads = 2\n"))
    assert (settings.port, settings.read_threads, settings.allow_remote) == (5002, 2, True)


def test_a_flag_outranks_the_environment_and_the_file(config):
    settings = load({"port": 5003}, {"MILLPOND_PORT": "5002"}, config("port = 5001"))
    assert settings.port == 5003


def test_days_may_be_parts_of_days_and_whole_ones(config):
    assert load({}, {}).retention_days == 0
    assert load({}, {"MILLPOND_RETENTION_DAYS": "0.5"}).retention_days == 0.5
    assert load({}, {}, config("retention_days = 30")).retention_days == 30.0


def test_a_flag_that_is_not_given_outranks_nothing():
    assert load({"port": None}, {"MILLPOND_PORT": "5002"}).port == 5002


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("MILLPOND_PORT", "many", "MILLPOND_PORT"),
        ("MILLPOND_PORT", "70000", "0 to 65535"),
        ("MILLPOND_READ_THREADS", "0", "at least 1"),
        ("MILLPOND_MAX_BODY_BYTES", "-1", "at least 1"),
        ("MILLPOND_ALLOW_REMOTE", "perhaps", "true or false"),
        ("MILLPOND_LOG_LEVEL", "loud", "debug, info, warning"),
        ("MILLPOND_URL_PREFIX", "millpond", "begin with a slash"),
        ("MILLPOND_RETENTION_DAYS", "a week", "a number"),
        ("MILLPOND_RETENTION_DAYS", "-1", "0 to 1000000"),
        ("MILLPOND_RETENTION_DAYS", "nan", "0 to 1000000"),
        ("MILLPOND_RETENTION_DAYS", "inf", "0 to 1000000"),
        ("MILLPOND_WORKERS", "0", "at least 1"),
        ("MILLPOND_WORKERS", "2", "SQLite is written by one process"),
        ("MILLPOND_STORE_URL", "mysql://db/x", "postgresql://"),
    ],
)
def test_a_wrong_value_is_refused_with_where_it_came_from(variable, value, complaint):
    with pytest.raises(InvalidParameter, match=complaint) as refused:
        load({}, {variable: value})
    assert variable.removeprefix("MILLPOND_").lower() in refused.value.message


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("prot = 5001", "prot"),
        ("port = true", "port"),
        ("port = ", "cannot be read"),
        ('port = "many"', "whole number"),
    ],
)
def test_a_wrong_file_is_refused_by_its_name(config, text, complaint):
    path = config(text)
    with pytest.raises(InvalidParameter, match=complaint) as refused:
        load({}, {}, path)
    assert str(path) in refused.value.message


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InvalidParameter, match="no settings file"):
        load({}, {}, tmp_path / "nothing.toml")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "example.org", ""])
def test_listening_where_others_can_reach_needs_to_be_said_in_so_many_words(host):
    with pytest.raises(InvalidParameter, match="--allow-remote"):
        load({"host": host}, {})
    assert load({"host": host, "allow_remote": True}, {}).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_listening_on_this_machine_does_not(host):
    assert load({"host": host}, {}).is_loopback


def test_every_setting_has_one_sentence_that_ends():
    for name, variable, _, sentence in describe():
        assert variable == f"MILLPOND_{name.upper()}"
        assert sentence[0].isupper()
        assert sentence.endswith(".")
