"""The Python client watches one job through the gateway until change LAST, and prints which changes it has seen (see ../watch/changes.ts)."""
import json
import os

from kubernetes import client, watch
from kubernetes.client.exceptions import ApiException

NAME, LAST = os.environ["NAME"], int(os.environ["LAST"])
api = client.CustomObjectsApi(client.ApiClient(client.Configuration(host=os.environ["GATEWAY"])))
where = ["kubeflow.org", "v1", os.environ["NAMESPACE"], os.environ["PLURAL"]]


def change_of(job):
    return int(job["metadata"].get("annotations", {}).get("change", 0))


version = api.list_namespaced_custom_object(*where)["metadata"]["resourceVersion"]
print("ready", flush=True)
seen = []
while not seen or seen[-1] < LAST:
    stream = watch.Watch()
    try:
        # A plain end is followed by the next watch inside of it; an ERROR is raised.
        for event in stream.stream(api.list_namespaced_custom_object, *where, resource_version=version):
            metadata = event["object"]["metadata"]
            version = metadata["resourceVersion"]
            if metadata["name"] == NAME:
                seen.append(change_of(event["object"]))
                if seen[-1] == LAST:
                    stream.stop()
    except ApiException as error:
        if error.status == 410:
            listed = api.list_namespaced_custom_object(*where)
            version = listed["metadata"]["resourceVersion"]
            seen += [change for job in listed["items"] if job["metadata"]["name"] == NAME for change in [change_of(job)] if change > (seen or [0])[-1]]
        elif error.status != 500:
            raise
print(f"saw\tPython watch\t{json.dumps(seen)}")
