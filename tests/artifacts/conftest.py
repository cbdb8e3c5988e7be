"""Object stores, started once for all tests that need them."""

import pytest

from tests.artifacts.stores import S3, Azure


@pytest.fixture(scope="session")
def s3():
    store = S3()
    yield store
    store.kill()


@pytest.fixture(scope="session")
def azure():
    store = Azure()
    yield store
    store.kill()
