"""Promises about runs: what they are, and the params, tags, inputs and outputs they keep."""

import pytest

from millpond.domain.datasets import CONTEXT_TAG, Dataset, DatasetInput, DatasetSummary
from millpond.domain.experiments import Stage, Tag
from millpond.domain.runs import ModelOutput, Run, RunCount, RunStatus
from millpond.store.contract import Store
from millpond.testing.store_contract.samples import (
    ask,
    do,
    experiment,
    found_runs,
    params,
    run_info,
    start_run,
    tags,
)

ODD_TEXTS = ["", " ", "a\nb\tc", "'; DROP TABLE runs;", "日本語 🦆", "%_\\", "a\x01b", "x" * 8_000]


def whole(store: Store, run_id: str = "r1") -> Run:
    run = ask(store, lambda r: r.run(run_id))
    assert run is not None
    return run


class RunContract:
    """Runs: kept, changed, binned, described."""

    def test_a_run_reads_back_as_it_was_added(self, store: Store) -> None:
        added = run_info(
            "r1",
            name="calm-otter-1 é",
            status=RunStatus.SCHEDULED,
            start_ms=0,
            end_ms=2**53,
            user_id="",
        )
        do(store, lambda tx: tx.add_experiment(experiment(1)))
        do(store, lambda tx: tx.add_run(added, tags(b="2", a="1")))
        assert ask(store, lambda r: r.run_info("r1")) == added
        assert whole(store) == Run(added, tags=tags(a="1", b="2"))

    def test_a_run_that_is_not_there_is_none(self, store: Store) -> None:
        assert ask(store, lambda r: r.run_info("nobody")) is None
        assert ask(store, lambda r: r.run("nobody")) is None
        assert do(store, lambda tx: tx.run_info("nobody")) is None

    def test_a_change_to_a_run_leaves_what_it_does_not_name(self, store: Store) -> None:
        start_run(store)
        do(store, lambda tx: tx.change_run("r1", status=RunStatus.FINISHED, end_ms=0))
        do(store, lambda tx: tx.change_run("r1", name="new"))
        do(store, lambda tx: tx.change_run("r1"))
        expected = run_info("r1", status=RunStatus.FINISHED, end_ms=0, name="new")
        assert ask(store, lambda r: r.run_info("r1")) == expected
        assert do(store, lambda tx: tx.run_info("r1")) == expected

    def test_a_run_goes_to_the_bin_and_comes_back(self, store: Store) -> None:
        start_run(store)
        do(store, lambda tx: tx.change_run_stage("r1", Stage.DELETED, 99))
        binned = run_info("r1", stage=Stage.DELETED, deleted_ms=99)
        assert ask(store, lambda r: r.run_info("r1")) == binned
        assert do(store, lambda tx: tx.run_info("r1")) == binned
        do(store, lambda tx: tx.change_run_stage("r1", Stage.ACTIVE, None))
        assert ask(store, lambda r: r.run_info("r1")) == run_info("r1")

    @pytest.mark.parametrize("text", ODD_TEXTS)
    def test_params_and_tags_keep_every_character(self, store: Store, text: str) -> None:
        start_run(store)
        do(store, lambda tx: tx.add_params("r1", params(p=text)))
        do(store, lambda tx: tx.set_tags("r1", tags(t=text)))
        assert (whole(store).params, whole(store).tags) == (params(p=text), tags(t=text))

    def test_a_runs_params_and_tags_read_sorted_by_key(self, store: Store) -> None:
        start_run(store)
        do(store, lambda tx: tx.add_params("r1", params(b="1", é="2", B="3")))
        do(store, lambda tx: tx.add_params("r1", params(a="4")))
        do(store, lambda tx: tx.set_tags("r1", tags(**{"z/y": "1", "Z": "2", "a b": "3"})))
        assert [p.key for p in whole(store).params] == ["B", "a", "b", "é"]
        assert [t.key for t in whole(store).tags] == ["Z", "a b", "z/y"]

    def test_the_params_asked_for_are_those_that_are_logged(self, store: Store) -> None:
        start_run(store)
        do(store, lambda tx: tx.add_params("r1", params(a="1", b="2")))
        assert do(store, lambda tx: dict(tx.params("r1", ["b", "c", "a"]))) == {"a": "1", "b": "2"}
        assert do(store, lambda tx: dict(tx.params("r1", []))) == {}

    def test_the_last_value_of_a_runs_tag_stands(self, store: Store) -> None:
        start_run(store)
        do(store, lambda tx: tx.set_tags("r1", [Tag("a", "1"), Tag("b", "1"), Tag("a", "2")]))
        assert whole(store).tags == tags(a="2", b="1")
        do(store, lambda tx: tx.set_tags("r1", tags(a="")))
        assert do(store, lambda tx: tx.tag("r1", "a")) == ""
        assert do(store, lambda tx: tx.tag("r1", "c")) is None

    def test_deleting_a_runs_tag_says_whether_there_was_one(self, store: Store) -> None:
        start_run(store)
        do(store, lambda tx: tx.set_tags("r1", tags(a="")))
        do(store, lambda tx: tx.add_params("r1", params(b="1")))
        assert do(store, lambda tx: tx.delete_tag("r1", "b")) is False
        assert do(store, lambda tx: tx.delete_tag("r1", "never heard of")) is False
        assert do(store, lambda tx: tx.delete_tag("r1", "a")) is True
        assert do(store, lambda tx: tx.delete_tag("r1", "a")) is False
        assert whole(store).params == params(b="1")

    def test_one_key_may_be_a_metric_a_param_and_a_tag(self, store: Store) -> None:
        start_run(store)
        do(store, lambda tx: tx.add_params("r1", params(k="1")))
        do(store, lambda tx: tx.set_tags("r1", tags(k="2")))
        assert found_runs(store, "params.k = '1' AND tags.k = '2' AND metrics.k IS NULL") == ["r1"]

    def test_runs_keep_apart_what_they_logged(self, store: Store) -> None:
        start_run(store, "r1")
        start_run(store, "r2")
        do(store, lambda tx: tx.add_params("r1", params(a="1")))
        do(store, lambda tx: tx.set_tags("r2", tags(a="2")))
        assert (whole(store, "r1").params, whole(store, "r1").tags) == (params(a="1"), ())
        assert (whole(store, "r2").params, whole(store, "r2").tags) == ((), tags(a="2"))

    def test_inputs_read_back_in_the_order_they_were_logged(self, store: Store) -> None:
        start_run(store)
        second = DatasetInput(Dataset("b", "1", "local", "b.csv", "{}", "{}"), tags(x="1"))
        first = DatasetInput(Dataset("a", "1"))
        do(store, lambda tx: tx.add_inputs("r1", [second, first], ["m2", "m1"]))
        third = DatasetInput(Dataset("a", "2", schema=""), tags(**{CONTEXT_TAG: "training"}))
        do(store, lambda tx: tx.add_inputs("r1", [third], ["m3", "m1"]))
        assert whole(store).dataset_inputs == (second, first, third)
        assert whole(store).model_inputs == ("m2", "m1", "m3")

    def test_a_dataset_that_is_there_already_stays_as_it_is(self, store: Store) -> None:
        start_run(store, "r1")
        start_run(store, "r2")
        first = DatasetInput(Dataset("d", "1", source="here"), tags(a="1"))
        again = DatasetInput(Dataset("d", "1", source="there"), tags(a="2"))
        do(store, lambda tx: tx.add_inputs("r1", [first], []))
        do(store, lambda tx: tx.add_inputs("r1", [again], []))
        do(store, lambda tx: tx.add_inputs("r2", [again], []))
        assert whole(store, "r1").dataset_inputs == (first,)
        assert whole(store, "r2").dataset_inputs == (DatasetInput(first.dataset, again.tags),)

    def test_the_last_of_an_inputs_equal_tags_stands(self, store: Store) -> None:
        start_run(store)
        twice = (Tag(CONTEXT_TAG, "training"), Tag("b", "1"), Tag(CONTEXT_TAG, "testing"))
        do(store, lambda tx: tx.add_inputs("r1", [DatasetInput(Dataset("d", "1"), twice)], []))
        kept = (Tag("b", "1"), Tag(CONTEXT_TAG, "testing"))
        assert whole(store).dataset_inputs[0].tags == kept
        assert found_runs(store, "dataset.context = 'testing'") == ["r1"]
        assert found_runs(store, "dataset.context = 'training'") == []
        summaries = ask(store, lambda r: r.dataset_summaries([1]))
        assert [summary.context for summary in summaries] == ["testing"]

    def test_outputs_read_back_in_the_order_they_were_logged(self, store: Store) -> None:
        start_run(store)
        do(store, lambda tx: tx.add_outputs("r1", [ModelOutput("m2", 5), ModelOutput("m1")]))
        do(store, lambda tx: tx.add_outputs("r1", [ModelOutput("m2", 5)]))
        outputs = (ModelOutput("m2", 5), ModelOutput("m1", 0), ModelOutput("m2", 5))
        assert whole(store).model_outputs == outputs

    def test_the_runs_of_each_experiment_are_counted(self, store: Store) -> None:
        assert ask(store, lambda r: r.run_counts()) == []
        for run_id, experiment_id in (("r1", 1), ("r2", 1), ("r3", 2)):
            start_run(store, run_id, experiment_id)
        do(store, lambda tx: tx.add_experiment(experiment(3)))
        late = run_info("r4", start_ms=2**50)
        do(store, lambda tx: tx.add_run(late, []))
        do(store, lambda tx: tx.change_run_stage("r4", Stage.DELETED, 2**51))
        early = run_info("r1").start_ms
        assert ask(store, lambda r: r.run_counts()) == [
            RunCount(1, active=2, deleted=1, last_start_ms=2**50),
            RunCount(2, active=1, deleted=0, last_start_ms=early),
        ]

    def test_the_datasets_of_experiments_are_summed_up(self, store: Store) -> None:
        for run_id, experiment_id in (("r1", 1), ("r2", 1), ("r3", 2)):
            start_run(store, run_id, experiment_id)
        training = DatasetInput(Dataset("d", "2"), tags(**{CONTEXT_TAG: "training"}))
        plain = DatasetInput(Dataset("d", "1"), tags(other="x"))
        do(store, lambda tx: tx.add_inputs("r1", [training, plain], []))
        do(store, lambda tx: tx.add_inputs("r2", [training], []))
        do(store, lambda tx: tx.add_inputs("r3", [training], []))
        assert ask(store, lambda r: r.dataset_summaries([1])) == [
            DatasetSummary(1, "d", "1", None),
            DatasetSummary(1, "d", "2", "training"),
        ]
        assert [s.experiment_id for s in ask(store, lambda r: r.dataset_summaries([2, 1]))] == [
            1,
            1,
            2,
        ]
        assert ask(store, lambda r: r.dataset_summaries([404])) == []
