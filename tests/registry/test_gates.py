"""Promotion gates: what a rule may say, and that an alias is moved only past it."""

import pytest

from millpond.domain.gates import judge, parse_rule
from millpond.errors import InvalidParameter


def values(**known):
    """What is known of a version: metrics by their names, others as ``params_x`` and ``tags_x``."""
    by_entity = {"parameter": {}, "tag": {}, "metric": {}, "attribute": {}}
    for key, value in known.items():
        entity, _, name = key.rpartition("_")
        by_entity[{"params": "parameter", "tags": "tag", "": "metric"}.get(entity, entity)][
            name
        ] = value

    def look(field):
        found = by_entity[field.entity.value].get(field.key)
        return [] if found is None else [found]

    return look


def passes(rule, version, **others):
    return judge(parse_rule(rule), version, others).passes


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("metrics.auc >= 0.9", True),
        ("metrics.auc > 0.95", False),
        ("metrics.auc >= 0.9 and tags.reviewed = 'yes'", True),
        ("metrics.auc > 0.95 OR params.depth < 10", True),
        ("NOT metrics.auc > 0.95", True),
        ("metrics.loss < 1", False),
        ("metrics.loss IS NULL", True),
        ("metrics.auc BETWEEN 0.9 AND 1", True),
        ("tags.reviewed IN ('yes', 'no')", True),
    ],
)
def test_a_rule_is_a_filter_over_what_is_known_of_a_version(rule, expected):
    version = values(auc=0.93, params_depth="3", tags_reviewed="yes")
    assert passes(rule, version) is expected


@pytest.mark.parametrize(
    ("champion", "expected"),
    [(values(auc=0.91), True), (values(auc=0.93), False), (values(), False), (None, True)],
)
def test_a_version_is_held_against_the_one_that_has_an_alias(champion, expected):
    rule = "metrics.auc >= 0.9 and metrics.auc > champion.metrics.auc"
    assert passes(rule, values(auc=0.93), champion=champion) is expected


def test_a_version_without_the_metric_beats_nobody():
    rule = "metrics.auc > champion.metrics.auc"
    assert not passes(rule, values(), champion=None)
    assert not passes(rule, values(), champion=values(auc=0.1))
    assert not passes(rule, values(auc=float("nan")), champion=values(auc=0.1))


def test_texts_that_are_numbers_compare_as_numbers():
    rule = "params.depth <= champion.params.depth"
    assert passes(rule, values(params_depth="9"), champion=values(params_depth="10"))
    assert not passes(rule, values(params_depth="deep"), champion=values(params_depth="10"))
    assert not passes(rule, values(params_depth="9"), champion=values(params_depth="deep"))
    rule = "tags.team = champion.tags.team"
    assert passes(rule, values(tags_team="blue"), champion=values(tags_team="blue"))
    assert not passes(rule, values(tags_team="blue"), champion=values(tags_team="red"))


def test_keys_and_aliases_may_be_quoted():
    rule = "metrics.`f 1` > `my-champion`.`metrics.f 1`"
    version, other = values(**{"f 1": 0.9}), values(**{"f 1": 0.8})
    assert judge(parse_rule(rule), version, {"my-champion": other}).passes


def test_a_verdict_says_what_was_found():
    rule = parse_rule("metrics.auc >= 0.9 AND metrics.auc > champion.metrics.auc")
    verdict = judge(rule, values(auc=0.93), {"champion": values(auc=0.95)})
    assert [(check.rule, check.holds) for check in verdict.checks] == [
        ("metrics.auc >= 0.9", True),
        ("metrics.auc > champion.metrics.auc", False),
    ]
    assert verdict.checks[1].found == {"metrics.auc": "0.93", "champion.metrics.auc": "0.95"}


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "metrics.auc",
        "metrics.auc > champion",
        "metrics.auc > champion.nothing",
        "champion.metrics.auc < 1",
        "metrics.auc > 'high'",
        "loss > 1",
        "metrics.auc LIKE champion.metrics.auc AND",
        "metrics.auc > 1" + " AND metrics.auc > 1" * 600,
    ],
)
def test_what_is_no_rule_is_refused(rule):
    with pytest.raises(InvalidParameter):
        parse_rule(rule)


def gate_of(name, alias="champion"):
    return f"/api/v1/models/{name}/gates/{alias}"


def test_an_alias_moves_only_to_a_version_that_passes_its_gate(ask):
    name = "gated"
    ask("POST", "registered-models/create", name=name)
    for auc in (0.91, 0.85, 0.90, 0.95):
        run_id = ask.run(auc=auc)
        source = f"runs:/{run_id}/model"
        ask("POST", "model-versions/create", name=name, source=source, run_id=run_id)
    rule = "metrics.auc >= 0.9 and metrics.auc > champion.metrics.auc"
    ask("PUT", gate_of(name), rule=rule)

    def move(version, status=200):
        fields = {"name": name, "alias": "champion", "version": version}
        return ask("POST", "registered-models/alias", status, **fields)

    move("1")
    refused = move("2", 400)
    assert refused["error_code"] == "BAD_REQUEST"
    assert refused["message"] == (
        "Version 2 of model 'gated' does not pass the gate of alias 'champion': "
        "metrics.auc >= 0.9 does not hold (metrics.auc is 0.85); "
        "metrics.auc > champion.metrics.auc does not hold (metrics.auc is 0.85, "
        "champion.metrics.auc is 0.91)."
    )
    assert "metrics.auc > champion.metrics.auc" in move("3", 400)["message"]
    move("1")
    move("4")
    move("4")
    model = ask("GET", "registered-models/get", name=name)["registered_model"]
    assert model["aliases"] == [{"alias": "champion", "version": "4"}]
    ask("POST", "registered-models/alias", name=name, alias="other", version="2")
    ask("DELETE", gate_of(name), 204)
    move("2")


def test_a_gate_looks_at_the_logged_model_before_the_run(ask):
    name = "logged and gated"
    ask("POST", "registered-models/create", name=name)
    run_id = ask.run(auc=0.5, recall=0.7)
    model = ask("POST", "logged-models", experiment_id="0", source_run_id=run_id)["model"]
    model_id = model["info"]["model_id"]
    for timestamp, value in ((1, 0.2), (2, 0.9)):
        ask(
            "POST",
            "runs/log-metric",
            run_id=run_id,
            key="auc",
            value=value,
            timestamp=timestamp,
            model_id=model_id,
        )
    ask(
        "POST",
        "model-versions/create",
        name=name,
        source=f"models:/{model_id}",
        model_id=model_id,
    )
    rule = "metrics.auc = 0.9 AND metrics.recall = 0.7 AND version_number = 1"
    verdict = ask("POST", f"{gate_of(name.replace(' ', '%20'))}/check", version="1", rule=rule)
    assert verdict["passes"] is True
