"""What every artifact store must do: subclass it, give it a store, and pytest does the rest.

class TestMyStore(ArtifactStoreContract):
    @pytest.fixture
    def store(self):
        with closing(MyStore(...)) as store:
            yield store
"""

from millpond.testing.artifact_contract.files import FileContract
from millpond.testing.artifact_contract.samples import CutOff, chunks, names, read, run
from millpond.testing.artifact_contract.uploads import UploadContract

__all__ = ["ArtifactStoreContract", "CutOff", "chunks", "names", "read", "run"]


class ArtifactStoreContract(FileContract, UploadContract):
    """Tests that need an empty `store` for each of them."""
