"""Promises about datastores, what they hold, who owns files, and the audit log."""

import msgspec

from millpond.domain.audit import AuditEntry
from millpond.domain.datastores import Datastore, StorageRules
from millpond.domain.experiments import Stage, Tag
from millpond.store.contract import Store
from millpond.store.storage import FileOwner
from millpond.testing.store_contract.samples import ask, do, experiment, logged_model, start_run

BUCKET = Datastore("bucket", "s3://pond/ml", 5, 6, "Ours", {"region": "é"}, b"\x00sealed\xff")
DISK = Datastore("a-disk", "/mnt/disk", 7, 7)


class StorageContract:
    """Datastores and the audit log."""

    def test_a_datastore_reads_back_as_it_was_put(self, store: Store) -> None:
        do(store, lambda tx: tx.put_datastore(BUCKET))
        do(store, lambda tx: tx.put_datastore(DISK))
        assert ask(store, lambda r: r.datastore("bucket")) == BUCKET
        assert ask(store, lambda r: r.datastores()) == [DISK, BUCKET]
        assert ask(store, lambda r: r.datastore("nothing")) is None

    def test_a_datastore_put_again_is_replaced(self, store: Store) -> None:
        changed = msgspec.structs.replace(BUCKET, uri="gs://x", sealed=None, updated_ms=9)
        do(store, lambda tx: tx.put_datastore(BUCKET))
        do(store, lambda tx: tx.put_datastore(changed))
        assert ask(store, lambda r: r.datastores()) == [changed]

    def test_deleting_a_datastore_says_whether_there_was_one(self, store: Store) -> None:
        do(store, lambda tx: tx.put_datastore(BUCKET))
        do(store, lambda tx: tx.count_storage({"bucket": 5}))
        assert do(store, lambda tx: tx.delete_datastore("bucket")) is True
        assert do(store, lambda tx: tx.delete_datastore("bucket")) is False
        assert ask(store, lambda r: (r.datastores(), dict(r.storage_use()))) == ([], {})

    def test_rules_are_the_default_ones_until_they_are_set(self, store: Store) -> None:
        assert ask(store, lambda r: r.storage_rules()) == StorageRules()
        for rules in (StorageRules("bucket", 1 << 40, 0), StorageRules("local", None, 5)):
            do(store, lambda tx, rules=rules: tx.set_storage_rules(rules))  # type: ignore[misc]
            assert ask(store, lambda r: r.storage_rules()) == rules

    def test_what_datastores_hold_is_counted_and_never_below_nothing(self, store: Store) -> None:
        do(store, lambda tx: tx.count_storage({"a": 5, "b": -3}))
        assert ask(store, lambda r: dict(r.storage_use())) == {"a": 5, "b": 0}
        do(store, lambda tx: tx.count_storage({"a": -2, "b": 1 << 40}))
        do(store, lambda tx: tx.count_storage({"a": -9}))
        assert ask(store, lambda r: dict(r.storage_use())) == {"a": 0, "b": 1 << 40}
        do(store, lambda tx: tx.set_storage_use("b", 7))
        do(store, lambda tx: tx.set_storage_use("c", 8))
        assert ask(store, lambda r: dict(r.storage_use())) == {"a": 0, "b": 7, "c": 8}

    def test_the_audit_log_shows_the_latest_first(self, store: Store) -> None:
        entries = [AuditEntry(5, "alice", "artifact.delete", f"r/{i}", "é") for i in range(5)]
        for entry in entries:
            do(store, lambda tx, entry=entry: tx.add_audit_entry(entry))  # type: ignore[misc]
        assert list(ask(store, lambda r: r.audit_entries(9))) == entries[::-1]
        assert list(ask(store, lambda r: r.audit_entries(2))) == entries[:2:-1]

    def test_every_owner_of_files_is_known_with_what_it_says_it_logged(self, store: Store) -> None:
        start_run(store, "r1")
        start_run(store, "r2")
        do(store, lambda tx: tx.change_run_stage("r2", Stage.DELETED, 9))
        do(store, lambda tx: tx.add_model(logged_model("m-1")))
        said = [
            Tag("mlflow.loggedArtifacts", '[{"path": "t.json", "type": "table"}]'),
            Tag("mlflow.log-model.history", '[{"artifact_path": "model"}, {"x": 1}, 2]'),
        ]
        do(store, lambda tx: tx.set_tags("r1", said))
        do(store, lambda tx: tx.set_tags("r2", [Tag("mlflow.loggedArtifacts", "nonsense")]))
        owners = sorted(ask(store, lambda r: list(r.file_owners())), key=lambda o: o.owner_id)
        root = "mlflow-artifacts:/1"
        assert owners == [
            FileOwner("m-1", f"{root}/models/m-1/artifacts"),
            FileOwner("r1", f"{root}/r1/artifacts", ("t.json", "model/MLmodel")),
            FileOwner("r2", f"{root}/r2/artifacts"),
        ]

    def test_places_of_experiments_are_found_by_their_beginning(self, store: Store) -> None:
        places = ["mlflow-artifacts:/datastores/b/x", "mlflow-artifacts:/datastores/bb", "s3://b/x"]
        for i, place in enumerate([*places, places[0]]):
            made = experiment(i, artifact_location=place)
            do(store, lambda tx, made=made: tx.add_experiment(made))  # type: ignore[misc]
        prefix = "mlflow-artifacts:/datastores/b"
        assert ask(store, lambda r: r.locations_below(prefix)) == places[:2]
        assert ask(store, lambda r: r.locations_below(f"{prefix}/")) == places[:1]
        assert ask(store, lambda r: r.locations_below("MLFLOW")) == []
