{{/* Every process: where it comes from, what it runs, where it answers. Names are those of `npm start`. */}}
{{- define "mlops.processes" -}}
api: { name: api, image: api, port: 8000, surface: api, ready: /health/live, service: true }
airflow: { name: airflow, image: api, port: 8080, surface: airflow, ready: /health/live, service: true }
mlflow: { name: mlflow, image: api, port: 5000, surface: mlflow, ready: /health/live, service: true }
feast: { name: feast, image: api, port: 6566, surface: feast, ready: /health/live, service: true }
serving: { name: serving, image: serving, port: 8001, ready: /health/ready, service: true }
workerControl: { name: worker-control, image: worker, port: 9464, program: workers/control/main.js, ready: /health/ready }
workerTraining: { name: worker-training, image: worker, port: 9465, program: workers/training/main.js, ready: /health/ready, queue: training }
workerIngest: { name: worker-ingest, image: worker, port: 9466, program: workers/ingest/main.js, ready: /health/ready }
workerGpu: { name: worker-gpu, image: worker-gpu, port: 9465, program: workers/training/main.js, ready: /health/ready, queue: training-gpu }
{{- end }}

{{- define "mlops.fullname" -}}{{ printf "%s-%s" .Release.Name .name | trunc 63 | trimSuffix "-" }}{{- end }}

{{- define "mlops.selector" -}}
app.kubernetes.io/name: movie-mlops
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "mlops.labels" -}}
{{ include "mlops.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "mlops.image" -}}
{{- with .Values.image.registry }}{{ . }}/{{ end }}movie-mlops-{{ .image }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* What every process is told; secrets are files, so that neither `kubectl describe` nor a child process shows them. */}}
{{- define "mlops.env" -}}
- { name: HOST, value: 0.0.0.0 }
{{- /* Probes and Prometheus ask by the pod's address. */}}
- { name: POD_IP, valueFrom: { fieldRef: { fieldPath: status.podIP } } }
- { name: ALLOWED_HOSTS, value: {{ printf "%s,$(POD_IP)" (include "mlops.hosts" .) | quote }} }
- { name: KAFKA_BROKERS, value: {{ required "engines.kafkaBrokers" .Values.engines.kafkaBrokers | quote }} }
- { name: TEMPORAL_ADDRESS, value: {{ required "engines.temporalAddress" .Values.engines.temporalAddress | quote }} }
- { name: TEMPORAL_NAMESPACE, value: {{ .Values.engines.temporalNamespace | quote }} }
- { name: BLOB_URL, value: {{ required "engines.blobUrl" .Values.engines.blobUrl | quote }} }
- { name: AWS_REGION, value: {{ .Values.engines.awsRegion | quote }} }
{{- with .Values.engines.s3Endpoint }}
- { name: AWS_ENDPOINT_URL_S3, value: {{ . | quote }} }
{{- end }}
- { name: SERVING_URL, value: {{ printf "http://%s-serving:8001" .Release.Name | quote }} }
- { name: AIRFLOW_URL, value: {{ printf "http://%s-airflow:8080" .Release.Name | quote }} }
- { name: MLFLOW_URL, value: {{ printf "http://%s-mlflow:5000" .Release.Name | quote }} }
- { name: FEAST_URL, value: {{ printf "http://%s-feast:6566" .Release.Name | quote }} }
- { name: MLOPS_API_URL, value: {{ printf "http://%s-api:8000" .Release.Name | quote }} }
{{- range .Values.secretKeys }}
- { name: {{ . }}_FILE, value: /run/secrets/movie-mlops/{{ . }} }
{{- end }}
{{- range $name, $value := .Values.env }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}

{{- define "mlops.hosts" -}}
{{- $names := list }}
{{- range $process := values (include "mlops.processes" . | fromYaml) }}
{{- if $process.service }}{{ $names = append $names (printf "%s-%s" $.Release.Name $process.name) }}{{ end }}
{{- end }}
{{- concat ($names | sortAlpha) .Values.allowedHosts | join "," }}
{{- end }}

{{- define "mlops.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "mlops.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "mlops.mounts" -}}
- { name: secrets, mountPath: /run/secrets/movie-mlops, readOnly: true }
- { name: tmp, mountPath: /tmp }
- { name: work, mountPath: /var/lib/movie-mlops }
{{- end }}

{{- define "mlops.volumes" -}}
- name: secrets
  secret:
    secretName: {{ .Values.existingSecret }}
    items:
      {{- range .Values.secretKeys }}
      - { key: {{ . }}, path: {{ . }} }
      {{- end }}
- { name: tmp, emptyDir: {} }
- { name: work, emptyDir: {} }
{{- end }}
