"""A version that is in use stays."""

LOCKS = "/api/v1/models/locked/versions/1/locks"


def test_a_locked_version_is_not_deleted_and_nor_is_its_model(ask):
    name = "locked"
    ask.register(name, 2)
    ask("PUT", LOCKS, holder="endpoint churn", reason="takes 80 % of the traffic")
    for call in ("model-versions", "registered-models"):
        fields = {"name": name} | ({"version": "1"} if call == "model-versions" else {})
        refused = ask("DELETE", f"{call}/delete", 409, **fields)
        assert refused["error_code"] == "RESOURCE_CONFLICT"
        assert refused["message"] == (
            "Model 'locked' is in use: version 1 by endpoint churn (takes 80 % of the traffic). "
            "Stop what uses it, or release the lock, before deleting it."
        )
    ask("DELETE", "model-versions/delete", name=name, version="2")
    ask("DELETE", f"{LOCKS}?holder=endpoint%20churn", 204)
    ask("DELETE", f"{LOCKS}?holder=endpoint%20churn", 404)
    ask("DELETE", "model-versions/delete", name=name, version="1")
    ask("DELETE", "registered-models/delete", name=name)
