"""The Python client against the gateway: reads the environment, prints one line for each check (see clients.ts)."""
import json
import os

from kubernetes import client
from kubernetes.client.exceptions import ApiException

GATEWAY, NAMESPACE, PLURAL, NAME, KIND = (os.environ[name] for name in ("GATEWAY", "NAMESPACE", "PLURAL", "NAME", "KIND"))
POLICY = os.environ["POLICY"].split(".")
REPLICAS = os.environ["REPLICAS"].split(".")

configuration = client.Configuration(host=GATEWAY)
api = client.CustomObjectsApi(client.ApiClient(configuration))
where = {"group": "kubeflow.org", "version": "v1", "namespace": NAMESPACE, "plural": PLURAL}
this = {**where, "name": NAME}


def inside(job, path):
    for key in path:
        job = job[key]
    return job


def nested(path, value):
    for key in reversed(path):
        value = {key: value}
    return value


def check(title, body):
    try:
        body()
        print(f"ok\t{title}")
    except Exception as error:  # every mistake is a line of the report
        print(f"not ok\t{title}\t{type(error).__name__} {str(error)[:1000]!r}")


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def refused(status, reason, call):
    """The ApiException of a call that must be refused, as a Status."""
    try:
        call()
    except ApiException as error:
        expect(error.status == status, f"{error.status} {error.body}")
        answer = json.loads(error.body)
        expect(answer["kind"] == "Status" and answer["reason"] == reason and answer["code"] == status, error.body)
        return answer
    raise AssertionError("it was let through")


def get():
    return api.get_namespaced_custom_object(**this)


def reads_one():
    job = get()
    expect(job["kind"] == KIND and job["metadata"]["name"] == NAME, job)


def lists():
    jobs = api.list_namespaced_custom_object(**where, label_selector="app=mnist", limit=500)
    expect(NAME in [job["metadata"]["name"] for job in jobs["items"]], jobs)
    jobs = api.list_cluster_custom_object("kubeflow.org", "v1", PLURAL, field_selector=f"metadata.name={NAME}")
    expect([job["metadata"]["namespace"] for job in jobs["items"]] == [NAMESPACE], jobs)


def replaces():
    job = get()
    inside(job, POLICY)["ttlSecondsAfterFinished"] = 111
    answer = api.replace_namespaced_custom_object(**this, body=job)
    expect(inside(answer, POLICY)["ttlSecondsAfterFinished"] == 111, answer)
    expect(inside(get(), POLICY)["ttlSecondsAfterFinished"] == 111, "it was not stored")


def patches():
    answer = api.patch_namespaced_custom_object(**this, body={"metadata": {"labels": {"patched": "merge"}}})
    expect(answer["metadata"]["labels"]["patched"] == "merge", answer)
    operation = {"op": "replace", "path": "/metadata/labels/patched", "value": "json"}
    # Without a type it sends a list as a merge patch.
    answer = api.patch_namespaced_custom_object(**this, body=[operation], _content_type="application/json-patch+json")
    expect(answer["metadata"]["labels"]["patched"] == "json", answer)


def dry_run():
    api.patch_namespaced_custom_object(**this, body={"metadata": {"labels": {"dry": "run"}}}, dry_run="All", field_manager="suite")
    expect("dry" not in get()["metadata"]["labels"], "it was stored")


def conflict():
    job = get()
    job["metadata"]["resourceVersion"] = "1"
    refused(409, "Conflict", lambda: api.replace_namespaced_custom_object(**this, body=job))


def forbidden():
    job = get()
    inside(job, REPLICAS)["replicas"] = 9
    answer = refused(403, "Forbidden", lambda: api.replace_namespaced_custom_object(**this, body=job))
    expect([cause["field"] for cause in answer["details"]["causes"]] == [".".join([*REPLICAS, "replicas"])], answer)


def invalid():
    patch = nested(POLICY, {"ttlSecondsAfterFinished": -1})
    answer = refused(422, "Invalid", lambda: api.patch_namespaced_custom_object(**this, body=patch))
    expect(answer["details"]["causes"][0]["field"] == ".".join([*POLICY, "ttlSecondsAfterFinished"]), answer)


def not_found():
    refused(404, "NotFound", lambda: api.get_namespaced_custom_object(**where, name="nope"))


def not_served():
    body = {"apiVersion": "kubeflow.org/v1", "kind": KIND, "metadata": {"name": "new"}}
    refused(405, "MethodNotAllowed", lambda: api.create_namespaced_custom_object(**where, body=body))
    refused(405, "MethodNotAllowed", lambda: api.delete_namespaced_custom_object(**this))


def finds_resources():
    resources = client.CustomObjectsApi(client.ApiClient(configuration)).get_api_resources("kubeflow.org", "v1").resources
    found = next(resource for resource in resources if resource.name == PLURAL)
    expect(found.kind == KIND and sorted(found.verbs) == ["get", "list", "patch", "update"], found)


check("reads a job", reads_one)
check("lists jobs", lists)
check("replaces a job", replaces)
check("patches a job, by merge and by JSON patch", patches)
check("patches a job as a dry run", dry_run)
check("gets 409 Conflict for a stale resourceVersion", conflict)
check("gets 403 Forbidden, with its causes, for another number of replicas", forbidden)
check("gets 422 Invalid, with its causes, for a negative TTL", invalid)
check("gets 404 NotFound for a job that is not there", not_found)
check("gets 405 MethodNotAllowed for create and delete", not_served)
check("finds the resources of the group", finds_resources)
