"""Datasets that runs read: one row for each experiment, name and digest."""

from millpond.domain.datasets import DatasetInput
from millpond.store.sql.session import Session


def dataset_id(session: Session, workspace_id: int, experiment_id: int, item: DatasetInput) -> int:
    """The row id of a dataset, which is kept now if it was not before."""
    dataset = item.dataset
    rows = session.change_returning(
        "INSERT INTO datasets (workspace_id, experiment_id, name, digest, source_type, source,"
        " schema, profile) VALUES (:workspace_id, :experiment_id, :name, :digest, "
        ":source_type, :source, :schema, :profile) "
        "ON CONFLICT (experiment_id, name, digest) DO UPDATE SET name = excluded.name "
        "RETURNING dataset_id",
        {
            "workspace_id": workspace_id,
            "experiment_id": experiment_id,
            "name": dataset.name,
            "digest": dataset.digest,
            "source_type": dataset.source_type,
            "source": dataset.source,
            "schema": dataset.schema,
            "profile": dataset.profile,
        },
    )
    return int(rows[0][0])
