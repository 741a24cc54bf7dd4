{{/* What each process is. module: `python -m`; keys: the Secrets of keys that it reads; ports besides metrics. */}}
{{- define "hub.services" -}}
query-broker: {module: query_broker, keys: [handles], ports: {grpc: 8080}}
catalogue: {module: catalogue, keys: [handles], ports: {grpc: 8080}}
model-registry: {module: model_registry, keys: [handles], ports: {grpc: 8080}}
federation: {module: federation, keys: [handles, ca], ports: {grpc: 8080, border: 8443, enrolment: 8444}}
insights: {module: insights, keys: [handles], ports: {grpc: 8080, otlp: 4317}}
insights-worker: {module: insights, args: [worker], keys: [], ports: {}}
audit-log: {module: audit_log, keys: [handles, log], ports: {grpc: 8080, tiles: 8081}, volume: true}
{{- end }}

{{- define "hub.labels" -}}
{{ include "hub.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "hub.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* An image: call with (list $ "hub"). */}}
{{- define "hub.image" -}}
{{- $top := index . 0 -}}
{{ $top.Values.image.registry }}/oncordia-{{ index . 1 }}:{{ $top.Values.image.tag | default $top.Chart.AppVersion }}
{{- end }}

{{/* What every pod has in common. */}}
{{- define "hub.pod" -}}
automountServiceAccountToken: false
# Else the cluster's variables about Services could be taken for settings.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "hub.container" -}}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "hub.kafkaBootstrap" -}}
{{ if .Values.evaluation.enabled }}{{ .Release.Name }}-kafka:9092{{ else }}{{ .Values.kafka.bootstrap }}{{ end }}
{{- end }}

{{- define "hub.postgres" -}}
{{ .Release.Name }}-postgres:5432
{{- end }}

{{- define "hub.issuer" -}}
{{ if .Values.evaluation.enabled }}http://{{ .Release.Name }}-issuer:8080{{ else }}{{ .Values.oidc.issuer }}{{ end }}
{{- end }}

{{- define "hub.borderAddress" -}}
{{ .Values.federation.borderAddress | default (printf "%s-border.%s.svc:%v" .Release.Name .Release.Namespace .Values.expose.border.port) }}
{{- end }}

{{- define "hub.enrolmentAddress" -}}
{{ .Values.federation.enrolmentAddress | default (printf "%s-enrolment.%s.svc:%v" .Release.Name .Release.Namespace .Values.expose.enrolment.port) }}
{{- end }}

{{/* How Kafka is reached. */}}
{{- define "hub.kafkaEnv" -}}
- {name: ONCORDIA_KAFKA_BOOTSTRAP, value: {{ include "hub.kafkaBootstrap" . | quote }}}
{{- if .Values.evaluation.enabled }}
- {name: ONCORDIA_KAFKA_REPLICATION_FACTOR, value: "1"}
{{- else }}
- {name: ONCORDIA_KAFKA_REPLICATION_FACTOR, value: {{ .Values.kafka.replicationFactor | quote }}}
- {name: ONCORDIA_KAFKA_SECURITY_PROTOCOL, value: {{ .Values.kafka.securityProtocol | quote }}}
{{- if .Values.kafka.caSecret }}
- {name: ONCORDIA_KAFKA_CA_FILE, value: /kafka-ca/ca.crt}
{{- end }}
{{- with .Values.kafka.saslSecret }}
- {name: ONCORDIA_KAFKA_SASL_MECHANISM, value: {{ $.Values.kafka.saslMechanism | quote }}}
- {name: ONCORDIA_KAFKA_SASL_USERNAME, valueFrom: {secretKeyRef: {name: {{ . }}, key: username}}}
- {name: ONCORDIA_KAFKA_SASL_PASSWORD, valueFrom: {secretKeyRef: {name: {{ . }}, key: password}}}
{{- end }}
{{- end }}
{{- end }}

{{/* The settings of a service: call with (list $ NAME FACTS). */}}
{{- define "hub.env" -}}
{{- $top := index . 0 }}{{ $name := index . 1 }}{{ $facts := index . 2 -}}
{{- $v := $top.Values -}}
- name: ONCORDIA_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ $v.evaluation.enabled | ternary (printf "%s-databases" $top.Release.Name) $v.database.existingSecret }}
      key: {{ $facts.module }}
- {name: ONCORDIA_DATABASE_POOL, value: {{ $v.database.pool | quote }}}
{{ include "hub.kafkaEnv" $top }}
- {name: ONCORDIA_KEYS_DIR, value: /keys}
- {name: ONCORDIA_DATA_DIR, value: /data}
- {name: ONCORDIA_COUNTRY, value: {{ $v.country | quote }}}
- {name: ONCORDIA_LOG_LEVEL, value: {{ $v.logLevel | quote }}}
- {name: ONCORDIA_DRAIN_SECONDS, value: {{ $v.drainSeconds | quote }}}
- {name: ONCORDIA_METRICS_LISTEN, value: "0.0.0.0:9090"}
- {name: ONCORDIA_OTLP_ENDPOINT, value: "{{ $top.Release.Name }}-insights:4317"}
{{- with $v.tracingBackend }}
- {name: ONCORDIA_OTLP_BACKEND, value: {{ . | quote }}}
{{- end }}
- {name: ONCORDIA_OIDC_ISSUER, value: {{ include "hub.issuer" $top | quote }}}
- {name: ONCORDIA_OIDC_AUDIENCE, value: {{ $v.oidc.audience | quote }}}
- {name: ONCORDIA_OIDC_ROLES_CLAIM, value: {{ $v.oidc.rolesClaim | quote }}}
- {name: ONCORDIA_OIDC_ORGANISATION_CLAIM, value: {{ $v.oidc.organisationClaim | quote }}}
- {name: ONCORDIA_OIDC_COUNTRY_CLAIM, value: {{ $v.oidc.countryClaim | quote }}}
- {name: ONCORDIA_OIDC_NAME_CLAIM, value: {{ $v.oidc.nameClaim | quote }}}
{{- range $port, $number := $facts.ports }}
- {name: {{ eq $port "grpc" | ternary "ONCORDIA_LISTEN" (printf "ONCORDIA_%s_LISTEN" (upper $port)) }}, value: "0.0.0.0:{{ $number }}"}
{{- end }}
{{- if eq $name "audit-log" }}
- {name: ONCORDIA_LOG_ORIGIN, value: {{ $v.auditLog.origin | quote }}}
{{- end }}
{{- if eq $name "federation" }}
{{- $border := include "hub.borderAddress" $top }}{{ $enrolment := include "hub.enrolmentAddress" $top }}
- {name: ONCORDIA_BORDER_ADDRESS, value: {{ $border | quote }}}
- {name: ONCORDIA_ENROLMENT_ADDRESS, value: {{ $enrolment | quote }}}
- name: ONCORDIA_HOST_NAMES
  value: {{ concat (list (regexReplaceAll ":[0-9]+$" $border "") (regexReplaceAll ":[0-9]+$" $enrolment "")) $v.federation.hostNames | uniq | toJson | quote }}
{{- end }}
{{- range $key, $value := (index $v.services $name).env }}
- {name: {{ $key }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{- define "hub.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: data, mountPath: /data}
- {name: keys, mountPath: /keys, readOnly: true}
{{- if .Values.kafka.caSecret }}
- {name: kafka-ca, mountPath: /kafka-ca, readOnly: true}
{{- end }}
{{- end }}

{{/* Volumes of a service: call with (list $ FACTS). */}}
{{- define "hub.volumes" -}}
{{- $top := index . 0 }}{{ $facts := index . 1 -}}
- {name: tmp, emptyDir: {}}
{{- if not $facts.volume }}
- {name: data, emptyDir: {}}
{{- end }}
{{- if $facts.keys }}
- name: keys
  projected:
    defaultMode: 0440
    sources:
      {{- range $facts.keys }}
      # Optional, so that the service itself says which key it misses.
      - secret: {name: {{ $top.Values.keys.secretPrefix }}-{{ . }}, optional: true}
      {{- end }}
{{- else }}
- {name: keys, emptyDir: {}}
{{- end }}
{{- with $top.Values.kafka.caSecret }}
- {name: kafka-ca, secret: {secretName: {{ . }}}}
{{- end }}
{{- end }}

{{/* Combinations that could not work, each with the way out. */}}
{{- define "hub.check" -}}
{{- $v := .Values -}}
{{- if $v.evaluation.enabled -}}
{{- if or $v.oidc.issuer $v.database.existingSecret $v.kafka.bootstrap -}}
{{- fail "evaluation.enabled brings a Kafka, a PostgreSQL and an issuer of its own: leave kafka.bootstrap, database.existingSecret and oidc.issuer empty, or turn it off" -}}
{{- end -}}
{{- else -}}
{{- $_ := required "oidc.issuer is empty: name the identity provider whose tokens are believed (or set evaluation.enabled=true to try things out)" $v.oidc.issuer -}}
{{- $_ := required "database.existingSecret is empty: name the Secret that holds each service's PostgreSQL URL" $v.database.existingSecret -}}
{{- $_ := required "kafka.bootstrap is empty: name Kafka's bootstrap servers" $v.kafka.bootstrap -}}
{{- $_ := required "federation.borderAddress is empty: name the host:port by which nodes reach the border" $v.federation.borderAddress -}}
{{- $_ := required "federation.enrolmentAddress is empty: name the host:port by which nodes reach enrolment" $v.federation.enrolmentAddress -}}
{{- end -}}
{{- $sasl := hasPrefix "SASL_" $v.kafka.securityProtocol -}}
{{- if and $sasl (not $v.kafka.saslSecret) -}}
{{- fail (printf "kafka.securityProtocol is %s, which needs kafka.saslSecret: a Secret with username and password" $v.kafka.securityProtocol) -}}
{{- end -}}
{{- if and $v.kafka.saslSecret (not $sasl) -}}
{{- fail (printf "kafka.saslSecret is set, but kafka.securityProtocol is %s: use SASL_SSL, or SASL_PLAINTEXT inside a closed network" $v.kafka.securityProtocol) -}}
{{- end -}}
{{- if and $v.auditLog.witnessPolicy (not (regexMatch "(?m)^[ \\t]*quorum[ \\t]" $v.auditLog.witnessPolicy)) -}}
{{- fail "auditLog.witnessPolicy has no quorum line, so it does not say whose cosignatures are enough: end it with `quorum NAME`" -}}
{{- end -}}
{{- if and $v.kafka.caSecret (not (hasSuffix "SSL" $v.kafka.securityProtocol)) -}}
{{- fail (printf "kafka.caSecret is set, but kafka.securityProtocol is %s: use SSL or SASL_SSL" $v.kafka.securityProtocol) -}}
{{- end -}}
{{- end }}

{{/* A container in which `oncordia` knows the evaluation's hub, its invented users and the log's public key. */}}
{{- define "hub.cli" -}}
env: [{name: ONCORDIA_PROFILE, value: /profile/endpoints.json}]
resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 256Mi}}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: profile, mountPath: /profile}
  - {name: endpoints, mountPath: /profile/endpoints.json, subPath: endpoints.json, readOnly: true}
  - {name: clients, mountPath: /profile/clients, readOnly: true}
  - {name: log-key, mountPath: /profile/keys, readOnly: true}
{{- end }}

{{- define "hub.cliVolumes" -}}
- {name: tmp, emptyDir: {}}
- {name: profile, emptyDir: {}}
- {name: endpoints, configMap: {name: {{ .Release.Name }}-evaluation}}
- name: clients
  secret:
    secretName: {{ .Release.Name }}-evaluation
    defaultMode: 0440
    items:
      {{- range .Values.evaluation.users }}
      - {key: client-{{ .id }}, path: {{ .id }}}
      {{- end }}
- name: log-key
  secret:
    secretName: {{ .Values.keys.secretPrefix }}-log
    defaultMode: 0440
    items: [{key: log.pub, path: log.pub}]
    optional: true
{{- end }}
