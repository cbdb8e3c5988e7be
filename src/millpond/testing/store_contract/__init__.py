"""What every store must do: subclass it, give it an empty store, and pytest does the rest.

class TestMyStore(StoreContract):
    @pytest.fixture
    def store(self):
        with closing(MyStore(...)) as store:
            yield store
"""

from millpond.testing.store_contract.experiments import ExperimentContract
from millpond.testing.store_contract.models import ModelContract
from millpond.testing.store_contract.points import PointContract
from millpond.testing.store_contract.registry import RegistryContract
from millpond.testing.store_contract.retention import RetentionContract
from millpond.testing.store_contract.reviews import ReviewContract
from millpond.testing.store_contract.runs import RunContract
from millpond.testing.store_contract.searches import SearchContract
from millpond.testing.store_contract.storage import StorageContract
from millpond.testing.store_contract.tables import TableContract
from millpond.testing.store_contract.writing import WritingContract

__all__ = ["StoreContract"]


class StoreContract(
    WritingContract,
    ExperimentContract,
    RunContract,
    PointContract,
    ModelContract,
    RegistryContract,
    ReviewContract,
    SearchContract,
    TableContract,
    StorageContract,
    RetentionContract,
):
    """Tests that need an empty `store` for each of them."""
