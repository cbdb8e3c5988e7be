"""Promises about the model registry: what it keeps, its numbers, and how things are found."""

import pytest

from millpond.domain.experiments import Tag
from millpond.domain.filters import MODEL_VERSIONS, REGISTERED_MODELS, parse_filter, parse_order_by
from millpond.domain.registry import PROMPT_TAG, Alias, ModelStage, ModelVersion, RegisteredModel
from millpond.errors import AlreadyExists
from millpond.store.contract import Store, Transaction
from millpond.store.registry_contract import RegisteredModelSearch, VersionSearch
from millpond.testing.store_contract.samples import ask, do, pages, tags

PROMPT = (Tag(PROMPT_TAG, "true"),)


def registered(name: str, created_ms: int = 1_000, tags: tuple[Tag, ...] = ()) -> RegisteredModel:
    return RegisteredModel(name, created_ms, created_ms, description=f"about {name}", tags=tags)


def version(name: str, number: int, **changes: object) -> ModelVersion:
    values: dict[str, object] = {
        "creation_ms": 2_000 + number,
        "last_update_ms": 2_000 + number,
        "source": f"s3://bucket/{number}",
        "storage_location": f"s3://bucket/{number}",
        **changes,
    }
    return ModelVersion(name, number, **values)  # type: ignore[arg-type]


def register(store: Store, name: str, versions: int = 0, **changes: object) -> None:
    """Add a model with so many versions."""

    def act(tx: Transaction) -> None:
        tx.add_registered_model(registered(name))
        for _ in range(versions):
            tx.add_model_version(version(name, tx.new_version_number(name), **changes))

    do(store, act)


def kept(store: Store, name: str) -> RegisteredModel:
    model = ask(store, lambda r: r.registered_model(name))
    assert model is not None
    return model


def kept_version(store: Store, name: str, number: int) -> ModelVersion:
    found = ask(store, lambda r: r.model_version(name, number))
    assert found is not None
    return found


def found_registered(store: Store, filter_text: str = "", *order_by: str) -> list[str]:
    search = RegisteredModelSearch(
        limit=100,
        filter=parse_filter(filter_text, REGISTERED_MODELS),
        order_by=parse_order_by(order_by, REGISTERED_MODELS),
    )
    return [m.name for m in ask(store, lambda r: r.search_registered_models(search)).items]


def found_versions(store: Store, filter_text: str = "", *order_by: str) -> list[tuple[str, int]]:
    search = VersionSearch(
        limit=100,
        filter=parse_filter(filter_text, MODEL_VERSIONS),
        order_by=parse_order_by(order_by, MODEL_VERSIONS),
    )
    found = ask(store, lambda r: r.search_model_versions(search)).items
    return [(v.name, v.version) for v in found]


class RegistryContract:
    """Registered models, versions, aliases."""

    def test_a_registered_model_reads_back_as_it_was_added(self, store: Store) -> None:
        added = registered("churn", tags=tags(a="1", b="é"))
        do(store, lambda tx: tx.add_registered_model(added))
        assert kept(store, "churn") == added
        assert ask(store, lambda r: r.registered_model("Churn")) is None

    def test_a_registered_models_name_is_given_once(self, store: Store) -> None:
        register(store, "churn")
        with pytest.raises(AlreadyExists, match="churn"):
            do(store, lambda tx: tx.add_registered_model(registered("churn", 9)))
        assert kept(store, "churn").creation_ms == 1_000

    def test_a_version_reads_back_as_it_was_added(self, store: Store) -> None:
        register(store, "churn")
        added = version(
            "churn",
            1,
            stage=ModelStage.STAGING,
            storage_location="mlflow-artifacts:/1/x",
            description="",
            run_id="r1",
            run_link="http://r1",
            model_id="m-1",
            tags=tags(a="1"),
        )

        def act(tx: Transaction) -> None:
            assert tx.new_version_number("churn") == 1
            tx.add_model_version(added)

        do(store, act)
        assert kept_version(store, "churn", 1) == added
        assert kept(store, "churn").latest == (added,)
        assert ask(store, lambda r: r.model_version("churn", 2)) is None

    def test_no_version_number_is_given_twice(self, store: Store) -> None:
        register(store, "churn", 2)
        do(store, lambda tx: tx.delete_model_version("churn", 2))
        assert do(store, lambda tx: tx.new_version_number("churn")) == 3
        assert kept(store, "churn").last_version == 3

    def test_a_number_that_was_taken_in_vain_is_free_again(self, store: Store) -> None:
        register(store, "churn")

        def act(tx: Transaction) -> None:
            tx.new_version_number("churn")
            raise LookupError

        with pytest.raises(LookupError):
            do(store, act)
        assert do(store, lambda tx: tx.new_version_number("churn")) == 1

    def test_the_latest_versions_are_the_newest_of_each_stage(self, store: Store) -> None:
        register(store, "churn", 4)
        register(store, "other", 1)
        do(store, lambda tx: tx.move_version("churn", 1, ModelStage.PRODUCTION, 5))
        do(store, lambda tx: tx.move_version("churn", 3, ModelStage.PRODUCTION, 6))
        latest = kept(store, "churn").latest
        assert [(v.version, v.stage) for v in latest] == [
            (3, ModelStage.PRODUCTION),
            (4, ModelStage.NONE),
        ]
        assert latest[0].last_update_ms == 6
        stage = ModelStage.PRODUCTION
        assert ask(store, lambda r: r.versions_in_stage("churn", stage)) == [1, 3]
        assert ask(store, lambda r: r.versions_in_stage("other", stage)) == []

    def test_a_rename_takes_everything_along(self, store: Store) -> None:
        register(store, "churn", 2, tags=tags(a="1"))
        register(store, "taken")
        do(store, lambda tx: tx.set_alias("churn", "champion", 2))
        with pytest.raises(AlreadyExists, match="taken"):
            do(
                store,
                lambda tx: tx.change_registered_model("churn", last_update_ms=7, new_name="taken"),
            )
        do(store, lambda tx: tx.change_registered_model("churn", last_update_ms=7, new_name="up"))
        do(store, lambda tx: tx.touch_versions("up", 8))
        assert ask(store, lambda r: r.registered_model("churn")) is None
        assert ask(store, lambda r: r.model_version("churn", 1)) is None
        model = kept(store, "up")
        assert (model.last_update_ms, model.description) == (7, "about churn")
        assert model.aliases == (Alias("champion", 2),)
        assert kept_version(store, "up", 2).aliases == ("champion",)
        assert kept_version(store, "up", 1).last_update_ms == 8
        assert do(store, lambda tx: tx.new_version_number("up")) == 3
        register(store, "churn")

    def test_a_deleted_model_leaves_nothing(self, store: Store) -> None:
        register(store, "churn", 2, tags=tags(a="1"))
        register(store, "other", 1, tags=tags(a="1"))
        do(store, lambda tx: tx.set_alias("churn", "champion", 1))
        do(store, lambda tx: tx.delete_registered_model("churn"))
        assert ask(store, lambda r: r.registered_model("churn")) is None
        assert found_versions(store) == [("other", 1)]
        register(store, "churn", 1)
        assert kept(store, "churn").aliases == ()
        assert kept_version(store, "churn", 1).tags == ()
        assert kept_version(store, "other", 1).tags == tags(a="1")

    def test_a_deleted_version_takes_its_aliases_along(self, store: Store) -> None:
        register(store, "churn", 2, tags=tags(a="1"))
        do(store, lambda tx: tx.set_alias("churn", "champion", 1))
        do(store, lambda tx: tx.set_alias("churn", "challenger", 2))
        do(store, lambda tx: tx.delete_model_version("churn", 1))
        assert ask(store, lambda r: r.model_version("churn", 1)) is None
        assert kept(store, "churn").aliases == (Alias("challenger", 2),)

    def test_an_alias_points_where_it_was_pointed_last(self, store: Store) -> None:
        register(store, "churn", 2)
        do(store, lambda tx: tx.set_alias("churn", "b", 1))
        do(store, lambda tx: tx.set_alias("churn", "a", 1))
        assert kept_version(store, "churn", 1).aliases == ("a", "b")
        do(store, lambda tx: tx.set_alias("churn", "a", 2))
        assert kept(store, "churn").aliases == (Alias("a", 2), Alias("b", 1))
        assert do(store, lambda tx: tx.delete_alias("churn", "a")) is True
        assert do(store, lambda tx: tx.delete_alias("churn", "a")) is False
        assert kept(store, "churn").aliases == (Alias("b", 1),)

    def test_a_change_leaves_what_it_does_not_name(self, store: Store) -> None:
        register(store, "churn", 1)
        do(
            store,
            lambda tx: tx.change_registered_model("churn", last_update_ms=7, description="new"),
        )
        do(store, lambda tx: tx.change_registered_model("churn", last_update_ms=8))
        assert kept(store, "churn").description == "new"
        do(store, lambda tx: tx.describe_version("churn", 1, "better", 9))
        assert kept_version(store, "churn", 1) == version(
            "churn", 1, description="better", last_update_ms=9
        )
        do(store, lambda tx: tx.describe_version("churn", 1, None, 10))
        assert kept_version(store, "churn", 1).description is None

    def test_tags_of_models_and_versions_are_set_and_deleted(self, store: Store) -> None:
        register(store, "churn", 2)
        for value in ("1", "2"):
            new = [Tag("b", value), Tag("a", value)]
            do(store, lambda tx, new=new: tx.set_registered_model_tags("churn", new))  # type: ignore[misc]
            do(store, lambda tx, new=new: tx.set_version_tags("churn", 1, new))  # type: ignore[misc]
        assert kept(store, "churn").tags == tags(a="2", b="2")
        assert kept_version(store, "churn", 1).tags == tags(a="2", b="2")
        assert kept_version(store, "churn", 2).tags == ()
        assert do(store, lambda tx: tx.delete_registered_model_tag("churn", "a")) is True
        assert do(store, lambda tx: tx.delete_registered_model_tag("churn", "a")) is False
        assert do(store, lambda tx: tx.delete_version_tag("churn", 1, "b")) is True
        assert do(store, lambda tx: tx.delete_version_tag("churn", 2, "b")) is False
        assert kept(store, "churn").tags == tags(b="2")
        assert kept_version(store, "churn", 1).tags == tags(a="2")

    @pytest.mark.parametrize(
        ("filter_text", "expected"),
        [
            ("", ["a", "b", "c"]),
            ("name = 'b'", ["b"]),
            ("name IN ('c', 'a')", ["a", "c"]),
            ("name ILIKE 'B'", ["b"]),
            ("tags.team = 'blue'", ["a"]),
            ("tags.team != 'blue'", ["b"]),
            ("tags.team IS NULL OR tags.rank > 5", ["a", "c"]),
            ("description LIKE '% c'", ["c"]),
            ("creation_timestamp >= 20", ["b", "c"]),
            ("NOT last_updated_timestamp = 30", ["a", "b"]),
        ],
    )
    def test_a_filter_of_registered_models_finds_what_it_says(
        self, store: Store, filter_text: str, expected: list[str]
    ) -> None:
        def act(tx: Transaction) -> None:
            tx.add_registered_model(registered("b", 20, tags(rank="2", team="red")))
            tx.add_registered_model(registered("a", 10, tags(rank="10", team="blue")))
            tx.add_registered_model(registered("c", 30))
            tx.add_registered_model(registered("p", 40, PROMPT))

        do(store, act)
        assert found_registered(store, filter_text) == expected

    @pytest.mark.parametrize(
        ("filter_text", "expected"),
        [
            ("", [3, 2, 1]),
            ("version_number < 3", [2, 1]),
            ("run_id = 'r2'", [2]),
            ("run_id = ''", [3, 1]),
            ("source_path LIKE '%/3'", [3]),
            ("current_stage = 'Staging'", [1]),
            ("tags.a = '1'", [2]),
            ("tags.a IS NULL", [3, 1]),
            ("description IS NULL", [3, 2, 1]),
            ("last_updated_timestamp > 2001", [3, 2]),
        ],
    )
    def test_a_filter_of_versions_finds_what_it_says(
        self, store: Store, filter_text: str, expected: list[int]
    ) -> None:
        register(store, "churn")

        def act(tx: Transaction) -> None:
            for changes in ({"stage": ModelStage.STAGING}, {"run_id": "r2", "tags": tags(a="1")}):
                number = tx.new_version_number("churn")
                tx.add_model_version(version("churn", number, **changes))
            tx.add_model_version(version("churn", tx.new_version_number("churn")))
            tx.add_registered_model(registered("prompt"))
            for marks in ((), PROMPT):
                number = tx.new_version_number("prompt")
                tx.add_model_version(version("prompt", number, tags=marks))

        do(store, act)
        assert found_versions(store, filter_text) == [("churn", number) for number in expected]

    def test_prompts_are_found_by_a_search_that_does_not_leave_them_out(self, store: Store) -> None:
        do(store, lambda tx: tx.add_registered_model(registered("p", tags=PROMPT)))
        do(store, lambda tx: tx.new_version_number("p"))
        do(store, lambda tx: tx.add_model_version(version("p", 1, tags=PROMPT)))
        models = RegisteredModelSearch(10, no_prompts=False)
        assert len(ask(store, lambda r: r.search_registered_models(models)).items) == 1
        versions = VersionSearch(10, no_prompts=False)
        assert len(ask(store, lambda r: r.search_model_versions(versions)).items) == 1

    def test_searches_are_ordered_with_ties_by_name_and_number(self, store: Store) -> None:
        register(store, "b", 2, last_update_ms=5, creation_ms=5)
        register(store, "a", 2, last_update_ms=5, creation_ms=5)
        assert found_registered(store, "", "timestamp DESC") == ["a", "b"]
        assert found_registered(store, "", "name DESC") == ["b", "a"]
        assert found_versions(store) == [("a", 2), ("a", 1), ("b", 2), ("b", 1)]
        assert found_versions(store, "", "version_number ASC") == [
            ("a", 1),
            ("b", 1),
            ("a", 2),
            ("b", 2),
        ]
        assert found_versions(store, "", "description DESC", "name DESC")[0] == ("b", 2)

    @pytest.mark.parametrize("order", ["name DESC", "last_updated_timestamp ASC", "description"])
    def test_pages_of_the_registry_together_are_the_whole(self, store: Store, order: str) -> None:
        for i, name in enumerate(("é", "Ä", "z", "a", "Z")):
            register(store, name, i % 3 + 1, last_update_ms=i // 2)
        models = RegisteredModelSearch(2, order_by=parse_order_by([order], REGISTERED_MODELS))
        versions = VersionSearch(2, order_by=parse_order_by([order], MODEL_VERSIONS))
        with store.read("default") as reader:
            parts = [m for page in pages(reader.search_registered_models, models) for m in page]
            assert [m.name for m in parts] == found_registered(store, "", order)
            assert len(parts) == 5
            rows = [v for page in pages(reader.search_model_versions, versions) for v in page]
            assert [(v.name, v.version) for v in rows] == found_versions(store, "", order)
            assert len(rows) == 9
