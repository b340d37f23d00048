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
    hosts = next(variable["value"] for variable in container["env"] if variable["name"] == "ALLOWED_HOSTS")
    hold(place, "answers who asks by its address, as probes and Prometheus do", "$(POD_IP)" in hosts.split(",") and "POD_IP" in names[: names.index("ALLOWED_HOSTS")])
    if not is_job:
        hold(place, "is looked at by /health", container["livenessProbe"]["httpGet"]["path"] == "/health/live")
        hold(place, "is ready by /health", container["readinessProbe"]["httpGet"]["path"].startswith("/health/"))
        drain = next(int(variable["value"]) for variable in container["env"] if variable["name"] == "SHUTDOWN_TIMEOUT_MS")
        hold(place, "has time to drain", pod["terminationGracePeriodSeconds"] * 1000 > drain)


rendered, version = sys.argv[1:]
with open(rendered, encoding="utf8") as file:
    documents = [document for document in yaml.safe_load_all(file) if document]
deployments = {document["metadata"]["name"]: document for document in documents if document["kind"] == "Deployment"}
logins = {document["metadata"]["name"]: document["spec"] for document in documents if document["kind"] == "TriggerAuthentication"}
for document in documents:
    kind, name = document["kind"], document["metadata"]["name"]
    place = f"{kind} {name}"
    if kind == "ScaledObject":  # KEDA's own, which Kubernetes has no schema of
        scaled = document["spec"]["scaleTargetRef"]["name"]
        hold(place, "scales a Deployment that is there", scaled in deployments)
        hold(place, "leaves the number of replicas to KEDA", "replicas" not in deployments[scaled]["spec"])
        for trigger in document["spec"]["triggers"]:
            wanted = {"kafka": "KAFKA_SASL_PASSWORD_FILE", "temporal": "TEMPORAL_API_KEY_FILE"}.get(trigger["type"])
            (container,) = deployments[scaled]["spec"]["template"]["spec"]["containers"]
            if wanted in [variable["name"] for variable in container["env"]]:
                login = logins.get(trigger.get("authenticationRef", {}).get("name"), {})
                keys = [secret["key"] + "_FILE" for secret in login.get("secretTargetRef", [])]
                hold(place, f"asks {trigger['type']} as whom the processes are", wanted in keys)
            if trigger["type"] == "kafka":
                tls = {"name": "KAFKA_TLS", "value": "true"} in container["env"]
                hold(place, "asks Kafka by TLS where the processes do", (trigger["metadata"].get("tls") == "enable") == tls)
        continue
    if kind == "TriggerAuthentication":
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
    if kind == "NetworkPolicy":  # a rule without `from` lets everybody in
        hold(place, "names who may come in", all(rule.get("from") for rule in document["spec"].get("ingress", [])))
    if kind == "PodDisruptionBudget":
        hold(place, "is of a Deployment that is there", name in deployments)
hold("the chart", "has all processes", len(deployments) >= 8)
for fault in faults:
    print(f"NOT KEPT  {fault}", file=sys.stderr)
sys.exit(1 if faults else 0)
