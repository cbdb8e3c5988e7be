"""What people say about versions: over the calls that Databricks' registry has."""


def test_a_comment_is_made_changed_and_deleted(ask, name):
    ask.register(name)
    made = ask("POST", "comments/create", name=name, version="1", comment="Größer?")["comment"]
    assert made["comment"] == "Größer?"
    assert made["creation_timestamp"] == made["last_updated_timestamp"]
    changed = ask("PATCH", "comments/update", id=made["id"], comment="Kleiner!")["comment"]
    assert (changed["id"], changed["comment"]) == (made["id"], "Kleiner!")
    assert ask("DELETE", f"comments/delete?id={made['id']}") == {}
    message = ask.refusal("PATCH", "comments/update", 404, id=made["id"], comment="x")
    assert message == f"Comment with id '{made['id']}' not found."


def test_a_comment_says_something_about_a_version_that_is_there(ask, name):
    ask.register(name)
    ask.refusal("POST", "comments/create", 404, name=name, version="2", comment="x")
    ask.refusal("POST", "comments/create", name=name, version="1", comment=" ")
    ask.refusal("POST", "comments/create", name=name, version="1")
    ask.refusal("POST", "comments/create", name=name, version="1", comment="x" * 65_536)


def test_a_request_is_listed_and_approved(ask, name):
    ask.register(name, 2)
    ask("POST", "model-versions/transition-stage", name=name, version="1", stage="Production")
    place = {"name": name, "version": "2", "stage": "production"}
    made = ask("POST", "transition-requests/create", comment="better", **place)["request"]
    assert (made["to_stage"], made["comment"]) == ("Production", "better")
    ask("POST", "transition-requests/create", 400, **place)
    assert ask("GET", "transition-requests/list", name=name, version="2") == {"requests": [made]}
    activity = ask(
        "POST",
        "transition-requests/approve",
        archive_existing_versions=True,
        comment="agreed",
        **place,
    )["activity"]
    assert activity["activity_type"] == "APPROVED_REQUEST"
    assert (activity["from_stage"], activity["to_stage"]) == ("None", "Production")
    assert activity["comment"] == "agreed"
    assert ask("GET", "transition-requests/list", name=name, version="2") == {}
    stages = {
        number: ask("GET", "model-versions/get", name=name, version=number)["model_version"][
            "current_stage"
        ]
        for number in "12"
    }
    assert stages == {"1": "Archived", "2": "Production"}
    ask.refusal("POST", "transition-requests/create", **place)


def test_a_request_is_rejected_or_cancelled_and_nothing_moves(ask, name):
    ask.register(name)
    for call, kind in [("reject", "REJECTED_REQUEST"), ("delete", "CANCELLED_REQUEST")]:
        place = {"name": name, "version": "1", "stage": "Staging"}
        ask("POST", "transition-requests/create", **place)
        method = "POST" if call == "reject" else "DELETE"
        activity = ask(method, f"transition-requests/{call}", comment="no", **place)["activity"]
        assert (activity["activity_type"], activity["comment"]) == (kind, "no")
        message = ask.refusal("POST", "transition-requests/approve", 404, **place)
        assert message == f"Nobody asks for version 1 of model '{name}' to go to Staging."
    found = ask("GET", "model-versions/get", name=name, version="1")
    assert found["model_version"]["current_stage"] == "None"


def test_a_version_that_is_moved_is_asked_for_no_longer(ask, name):
    ask.register(name)
    place = {"name": name, "version": "1", "stage": "Staging"}
    ask("POST", "transition-requests/create", **place)
    moved = ask("POST", "databricks/model-versions/transition-stage", comment="now", **place)
    assert moved["model_version_databricks"]["current_stage"] == "Staging"
    assert ask("GET", "transition-requests/list", name=name, version="1") == {}
    model = ask("GET", "databricks/registered-models/get", name=name)
    assert model["registered_model_databricks"]["permission_level"] == "CAN_MANAGE"


def test_a_version_that_is_not_there_is_not_asked_for(ask, name):
    ask.register(name)
    place = {"name": name, "version": "7", "stage": "Staging"}
    for call in ("create", "approve", "reject"):
        ask.refusal("POST", f"transition-requests/{call}", 404, **place)
    ask.refusal("GET", "transition-requests/list", 404, name=name, version="7")
    ask.refusal("POST", "transition-requests/create", name=name, version="1", stage="Somewhere")
