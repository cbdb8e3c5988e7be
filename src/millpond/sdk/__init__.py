"""What runs in the user's own process: a workspace of a Millpond server, as Python objects.

from millpond.sdk import Workspace

workspace = Workspace("http://127.0.0.1:5000")
workspace.datastores.register("bucket", "s3://my-bucket/ml", options={"region": "eu-west-1"})
workspace.models.set_gate("churn", "champion", "metrics.auc > champion.metrics.auc")
"""

from millpond.sdk.datastores import Datastore, Datastores
from millpond.sdk.models import Models, Webhooks
from millpond.sdk.workspace import Workspace

__all__ = ["Datastore", "Datastores", "Models", "Webhooks", "Workspace"]
