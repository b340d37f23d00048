"""Holds a rendered chart against the schemas of Kubernetes, and each of its processes against what docs/cloud.md promises."""
import sys

import kubernetes_validate
import yaml

SECRETS = ("DATABASE_URL", "CREDENTIALS", "AWS_SECRET_ACCESS_KEY", "KAFKA_SASL_PASSWORD")
faults = []


def hold(place, promise, kept):
    if not kept:
        faults.append(f"{place}: {promise}")


def look_at_pod(place, pod, is_job):
    security = pod["securityContext"]
    hold(place, "does not run as root", security["runAsNonRoot"] and security["runAsUser"] > 0)
    hold(place, "gets no token of the cluster", pod["automountServiceAccountToken"] is False)
    (container,) = pod["containers"]
    inner = container["securityContext"]
    hold(place, "has a read-only root", inner["readOnlyRootFilesystem"] and not inner["allowPrivilegeEscalation"])
    hold(place, "drops all capabilities", inner["capabilities"]["drop"] == ["ALL"])
    hold(place, "has a pinned image", ":" in container["image"].split("/")[-1] and not container["image"].endswith(":latest"))
    hold(place, "has bounds", "memory" in container["resources"]["limits"] and "cpu" in container["resources"]["requests"])
    names = [variable["name"] for variable in container["env"]]
    hold(place, "reads secrets from files", not set(names) & set(SECRETS) and "DATABASE_URL_FILE" in names)
    if not is_job:
        hold(place, "is looked at by /health", container["livenessProbe"]["httpGet"]["path"] == "/health/live")
        hold(place, "is ready by /health", container["readinessProbe"]["httpGet"]["path"].startswith("/health/"))
        drain = next(int(variable["value"]) for variable in container["env"] if variable["name"] == "SHUTDOWN_TIMEOUT_MS")
        hold(place, "has time to drain", pod["terminationGracePeriodSeconds"] * 1000 > drain)


rendered, version = sys.argv[1:]
with open(rendered, encoding="utf8") as file:
    documents = [document for document in yaml.safe_load_all(file) if document]
deployments = {document["metadata"]["name"]: document for document in documents if document["kind"] == "Deployment"}
for document in documents:
    kind, name = document["kind"], document["metadata"]["name"]
    place = f"{kind} {name}"
    if kind == "ScaledObject":  # KEDA's own, which Kubernetes has no schema of
        scaled = document["spec"]["scaleTargetRef"]["name"]
        hold(place, "scales a Deployment that is there", scaled in deployments)
        hold(place, "leaves the number of replicas to KEDA", "replicas" not in deployments[scaled]["spec"])
        continue
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        faults.append(f"{place}: {error.message} at {list(error.path)}")
    if kind in ("Deployment", "Job"):
        look_at_pod(place, document["spec"]["template"]["spec"], kind == "Job")
    if kind == "Deployment":
        rolling = document["spec"]["strategy"]["rollingUpdate"]
        hold(place, "is never less than whole while it is rolled", rolling["maxUnavailable"] == 0)
    if kind == "PodDisruptionBudget":
        hold(place, "is of a Deployment that is there", name in deployments)
hold("the chart", "has all processes", len(deployments) >= 8)
for fault in faults:
    print(f"NOT KEPT  {fault}", file=sys.stderr)
sys.exit(1 if faults else 0)
