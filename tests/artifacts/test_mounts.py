"""All datastores as one store: who gets what, what is counted, and what is opened when."""

import asyncio
from contextlib import closing

import msgspec
import pytest

from millpond.artifacts.contract import UploadedPart
from millpond.artifacts.folder import FolderStore
from millpond.artifacts.mounts import Mounts
from millpond.domain.datastores import Datastore, StorageRules
from millpond.errors import DoesNotExist, InvalidParameter, QuotaExceeded, RequestTooLarge
from millpond.testing.artifact_contract import ArtifactStoreContract, chunks, names, read, run


class Catalog:
    """What is registered, in a dict."""

    def __init__(self):
        self.records = {}
        self.rules = StorageRules()
        self.used = {}
        self.asked = 0

    async def datastore(self, name):
        self.asked += 1
        await asyncio.sleep(0)
        return self.records.get(name)

    async def datastores(self):
        return [self.records[name] for name in sorted(self.records)]

    async def storage(self):
        return self.rules, dict(self.used)

    async def count(self, changes):
        for name, change in changes.items():
            self.used[name] = self.used.get(name, 0) + change


@pytest.fixture
def catalog(tmp_path):
    catalog = Catalog()
    for name in ("one", "two"):
        catalog.records[name] = Datastore(name, str(tmp_path / name), 1, 1)
    return catalog


@pytest.fixture
def opened():
    return []


@pytest.fixture
def mounts(tmp_path, catalog, opened):
    def open_store(record):
        opened.append(record.name)
        return FolderStore(tmp_path / record.name)

    with closing(Mounts(FolderStore(tmp_path / "local"), catalog, open_store)) as mounts:
        yield mounts


class TestMountsKeepTheContract(ArtifactStoreContract):
    @pytest.fixture
    def store(self, mounts):
        return mounts


def test_each_datastore_has_its_own_files(tmp_path, mounts):
    async def story():
        for path in ("x", "datastores/one/x", "datastores/two/x"):
            await mounts.put(path, chunks(path.encode()))
        assert await read(mounts, "datastores/two/x") == b"datastores/two/x"
        assert await names(mounts, "datastores") == ["one", "two"]
        assert await names(mounts, "datastores/one") == ["x"]
        assert await mounts.delete("datastores/one/x") == len("datastores/one/x")
        assert await read(mounts, "x") == b"x"

    run(story())
    assert (tmp_path / "two" / "x").read_bytes() == b"datastores/two/x"


def test_a_name_that_is_not_registered_leads_nowhere(mounts):
    async def story():
        for path in ("datastores/nothing/x", "datastores/@artifact-root/x", "datastores/ONE/x"):
            with pytest.raises(DoesNotExist, match="There is no datastore"):
                await mounts.put(path, chunks(b"1"))
        for path in ("datastores/one/../two/x", "datastores/one/%2e%2e/x", "datastores/../x"):
            with pytest.raises(InvalidParameter):
                await mounts.put(path, chunks(b"1"))
        with pytest.raises(InvalidParameter):
            await mounts.put("datastores", chunks(b"1"))
        with pytest.raises(InvalidParameter):
            await mounts.delete("datastores/one")

    run(story())


def test_a_datastore_is_opened_once_however_many_ask_at_once(mounts, opened):
    async def story():
        puts = (mounts.put(f"datastores/one/{i}", chunks(b"1")) for i in range(20))
        await asyncio.gather(*puts)

    run(story())
    assert opened == ["one"]


def test_a_datastore_that_is_changed_is_opened_anew_and_one_that_is_gone_is_gone(
    tmp_path, mounts, catalog, opened
):
    async def story():
        await mounts.put("datastores/one/x", chunks(b"1"))
        catalog.records["one"] = msgspec.structs.replace(catalog.records["one"], description="new")
        mounts.forget("one")
        await mounts.put("datastores/one/x", chunks(b"1"))
        assert opened == ["one"]
        catalog.records["one"] = msgspec.structs.replace(catalog.records["one"], sealed=b"new")
        mounts.forget("one")
        await mounts.put("datastores/one/x", chunks(b"1"))
        assert opened == ["one", "one"]
        del catalog.records["one"]
        mounts.forget("one")
        with pytest.raises(DoesNotExist):
            await mounts.put("datastores/one/x", chunks(b"1"))

    run(story())


def test_an_address_in_any_datastore_is_found(tmp_path, mounts, opened):
    async def story():
        assert await mounts.locate_anywhere(f"{tmp_path}/local/a") == "a"
        assert await mounts.locate_anywhere(f"file://{tmp_path}/two/a/b") == "datastores/two/a/b"
        for uri in (f"{tmp_path}/three/a", "s3://bucket/a", "nonsense:x", "http://[", ""):
            assert await mounts.locate_anywhere(uri) is None

    run(story())


def test_what_is_put_and_deleted_is_counted_and_written_down_a_moment_later(mounts, catalog):
    async def story():
        await mounts.put("a", chunks(b"12345"))
        await mounts.put("a", chunks(b"123"))
        await mounts.put("datastores/one/b", chunks(b"1234567"))
        assert catalog.used == {}
        assert mounts.meter.unwritten() == {"local": 3, "one": 7}
        for _ in range(200):
            await asyncio.sleep(0.02)
            if catalog.used:
                break
        assert catalog.used == {"local": 3, "one": 7}
        assert not mounts.meter.unwritten()
        await mounts.delete("datastores/one/b")
        assert mounts.meter.take_pending() == {"one": -7}

    run(story())


def test_a_file_of_unknown_length_is_stopped_where_it_is_too_much(tmp_path, mounts, catalog):
    catalog.rules = StorageRules(max_file_bytes=5)

    async def story():
        await mounts.put("fits", chunks(b"123", b"45"))
        with pytest.raises(RequestTooLarge, match="allows: 5 bytes"):
            await mounts.put("large", chunks(b"123", b"456"))
        with pytest.raises(RequestTooLarge):
            await mounts.put("known", chunks(b"123456"), 6)
        assert await names(mounts) == ["fits"]

    run(story())


def test_uploads_at_once_do_not_pass_the_quota_together(mounts, catalog):
    catalog.rules = StorageRules(quota_bytes=250_000)

    async def slowly():
        for _ in range(10):
            yield b"x" * 10_000
            await asyncio.sleep(0.001)

    async def story():
        outcomes = await asyncio.gather(
            *(mounts.put(f"f{i}", slowly()) for i in range(5)), return_exceptions=True
        )
        kept = [o for o in outcomes if not isinstance(o, Exception)]
        assert len(kept) <= 2
        assert all(isinstance(o, QuotaExceeded) for o in outcomes if isinstance(o, Exception))
        assert mounts.meter.unwritten()["local"] == len(kept) * 100_000
        # What was refused does not count for ever.
        await mounts.put("small", chunks(b"x" * 10_000))

    run(story())


def test_parts_that_are_too_much_together_make_no_file(mounts, catalog):
    catalog.rules = StorageRules(max_file_bytes=15)

    async def story():
        upload = await mounts.create_upload("a", 2)
        tags = [await mounts.put_part("a", upload.upload_id, n, chunks(b"x" * 10)) for n in (1, 2)]
        parts = [UploadedPart(n, tag) for n, tag in enumerate(tags, 1)]
        with pytest.raises(RequestTooLarge):
            await mounts.complete_upload("a", upload.upload_id, parts)
        assert await names(mounts) == []
        assert mounts.meter.unwritten().total() == 0

    run(story())


@pytest.mark.parametrize(
    ("uri", "options", "expected"),
    [
        ("s3://b", {}, True),
        ("s3://b", {"presigned": "false"}, False),
        ("s3://b", {"endpoint": "http://minio:9000"}, False),
        ("s3://b", {"endpoint": "http://minio:9000", "presigned": "true"}, True),
        ("/folder", {}, False),
    ],
)
def test_clients_are_sent_past_the_server_where_they_reach_the_store(
    mounts, catalog, uri, options, expected
):
    catalog.records["one"] = Datastore("one", uri, 1, 1, options=options)

    async def story():
        assert await mounts.sends_files_past() is False
        catalog.rules = StorageRules("one")
        mounts.meter.forget()
        assert await mounts.sends_files_past() is expected

    run(story())
