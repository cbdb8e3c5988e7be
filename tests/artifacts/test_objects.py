"""Buckets keep the contract: S3 as moto speaks it, and Azure Blob as Azurite does."""

import itertools
from contextlib import closing

import pytest

from millpond.testing.artifact_contract import ArtifactStoreContract
from tests.artifacts.stores import open_datastore

_numbers = itertools.count(1)


@pytest.fixture
def s3_store(s3, tmp_path):
    datastore = s3.datastore(f"tests/{next(_numbers)}")
    with closing(open_datastore(datastore, s3.KEYS, tmp_path)) as store:
        yield store


@pytest.fixture
def azure_store(azure, tmp_path):
    datastore = azure.datastore(f"tests/{next(_numbers)}")
    with closing(open_datastore(datastore, azure.KEYS, tmp_path)) as store:
        yield store


class TestS3(ArtifactStoreContract):
    @pytest.fixture
    def store(self, s3_store):
        return s3_store


class TestAzureBlob(ArtifactStoreContract):
    @pytest.fixture
    def store(self, azure_store):
        return azure_store


class TestS3ThatClientsCannotReach(ArtifactStoreContract):
    @pytest.fixture
    def store(self, s3, tmp_path):
        datastore = s3.datastore(f"tests/{next(_numbers)}", presigned="false")
        with closing(open_datastore(datastore, s3.KEYS, tmp_path)) as store:
            yield store
