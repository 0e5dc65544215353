{{- define "kaizen.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "kaizen.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "kaizen.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "kaizen.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What a selector matches. Argument: (dict "root" $ "service" NAME) */}}
{{- define "kaizen.selector" -}}
app.kubernetes.io/name: {{ include "kaizen.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end -}}

{{- define "kaizen.labels" -}}
{{ include "kaizen.selector" . }}
app.kubernetes.io/part-of: kaizen-trace
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "kaizen.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "kaizen.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "kaizen.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Over zones and nodes, where that can be had. Argument as for the selector. */}}
{{- define "kaizen.spread" -}}
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "kaizen.selector" $ | nindent 6 }}
{{- end }}
{{- end -}}

{{/* A restore may take minutes: it is not ready meanwhile, and alive. */}}
{{- define "kaizen.probes" -}}
startupProbe:
  httpGet: { path: /healthz, port: http }
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /healthz, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: http }
  periodSeconds: 5
  timeoutSeconds: 5
{{- end -}}

{{/* Variables of every service. */}}
{{- define "kaizen.everyEnvironment" -}}
- { name: KAIZEN_BIND_HOST, value: "0.0.0.0" }
- { name: KAIZEN_LOG_LEVEL, value: {{ .Values.logLevel | quote }} }
- { name: KAIZEN_SHUTDOWN_TIMEOUT, value: "45s" }
{{- end -}}

{{/* Variables of every service that reads or writes the log. Passwords come from secrets, by reference. */}}
{{- define "kaizen.environment" -}}
{{ include "kaizen.everyEnvironment" . }}
- { name: KAIZEN_TOPIC_PREFIX, value: {{ .Values.kafka.topicPrefix | quote }} }
- { name: KAIZEN_GROUP, value: {{ .Values.kafka.group | quote }} }
- { name: KAIZEN_PARTITIONS, value: {{ .Values.kafka.partitions | quote }} }
- { name: KAFKA_BROKERS, value: {{ .Values.kafka.brokers | quote }} }
{{- with .Values.kafka.sasl }}
{{- if .mechanism }}
- { name: KAFKA_SASL_MECHANISM, value: {{ .mechanism | quote }} }
- name: KAFKA_SASL_USERNAME
  valueFrom: { secretKeyRef: { name: {{ .secret | quote }}, key: username } }
- name: KAFKA_SASL_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ .secret | quote }}, key: password } }
{{- end }}
{{- end }}
{{- with .Values.kafka.tls }}
{{- if .enabled }}
- { name: KAFKA_SSL_ENABLED, value: "true" }
{{- if .secret }}
- { name: KAFKA_SSL_CA, value: /etc/kaizen-trace/kafka/ca.crt }
{{- end }}
{{- if .clientCertificate }}
- { name: KAFKA_SSL_CERT, value: /etc/kaizen-trace/kafka/tls.crt }
- { name: KAFKA_SSL_KEY, value: /etc/kaizen-trace/kafka/tls.key }
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "kaizen.backendEnvironment" -}}
- { name: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, value: {{ .Values.backend.endpoint | quote }} }
{{- if .Values.backend.headersSecret }}
- name: OTEL_EXPORTER_OTLP_TRACES_HEADERS
  valueFrom: { secretKeyRef: { name: {{ .Values.backend.headersSecret | quote }}, key: headers } }
{{- end }}
{{- end -}}

{{- define "kaizen.mounts" -}}
- { name: tmp, mountPath: /tmp }
{{- if and .Values.kafka.tls.enabled .Values.kafka.tls.secret }}
- { name: kafka-tls, mountPath: /etc/kaizen-trace/kafka, readOnly: true }
{{- end }}
{{- end -}}

{{- define "kaizen.volumes" -}}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- if and .Values.kafka.tls.enabled .Values.kafka.tls.secret }}
- name: kafka-tls
  secret: { secretName: {{ .Values.kafka.tls.secret | quote }}, defaultMode: 0440 }
{{- end }}
{{- end -}}

{{/* What all pods have beside their container. Argument: (dict "root" $ "service" NAME "values" VALUES) */}}
{{- define "kaizen.pod" -}}
serviceAccountName: {{ include "kaizen.fullname" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 60
securityContext:
  {{- include "kaizen.podSecurity" .root | nindent 2 }}
topologySpreadConstraints:
  {{- include "kaizen.spread" . | nindent 2 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What all containers have but their ports, variables and mounts. */}}
{{- define "kaizen.container" -}}
name: {{ .service }}
image: {{ include "kaizen.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [{{ .program | default (printf "apps/%s/dist/main.js" .service) }}]
securityContext:
  {{- include "kaizen.containerSecurity" .root | nindent 2 }}
resources:
  {{- toYaml .values.resources | nindent 2 }}
{{ include "kaizen.probes" .root }}
{{- end -}}
