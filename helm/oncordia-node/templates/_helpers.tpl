{{- define "node.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "node.labels" -}}
{{ include "node.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* What the node's containers have in common. */}}
{{- define "node.container" -}}
image: {{ .Values.image.registry }}/oncordia-node:{{ .Values.image.tag | default .Chart.AppVersion }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
resources: {{ toJson .Values.resources }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: data, mountPath: /data}
  - {name: settings, mountPath: /settings, readOnly: true}
  - {name: source, mountPath: /source, readOnly: true{{ with .Values.source.subPath }}, subPath: {{ . }}{{ end }}}
{{- end }}

{{- define "node.env" -}}
- {name: ONCORDIA_DATA_DIR, value: /data}
- {name: ONCORDIA_POLICY_FILE, value: /settings/policy.yaml}
- {name: ONCORDIA_MAPPING_FILE, value: /settings/mapping.yaml}
- {name: ONCORDIA_DATA_SETS_FILE, value: /settings/data_sets.yaml}
- {name: ONCORDIA_SOURCE_DIR, value: /source}
- {name: ONCORDIA_INGEST_MEMORY_MB, value: {{ .Values.memory.ingest | quote }}}
- {name: ONCORDIA_QUERY_MEMORY_MB, value: {{ .Values.memory.query | quote }}}
- {name: ONCORDIA_LOG_LEVEL, value: {{ .Values.logLevel | quote }}}
{{- with .Values.hub.borderAddress }}
- {name: ONCORDIA_BORDER_ADDRESS, value: {{ . | quote }}}
{{- end }}
{{- with .Values.hub.proxy }}
- {name: ONCORDIA_PROXY, value: {{ . | quote }}}
{{- end }}
{{- end }}

{{- define "node.check" -}}
{{- $v := .Values -}}
{{- $_ := required "hub.enrolmentAddress is empty: the hub's operator gives it with the invitation" $v.hub.enrolmentAddress -}}
{{- $_ := required "hub.caFingerprint is empty: the hub's operator gives it with the invitation" $v.hub.caFingerprint -}}
{{- $_ := required "hub.invitationSecret is empty: name the Secret that holds the invitation's token" $v.hub.invitationSecret -}}
{{- if not $v.mapping -}}
{{- fail "mapping is empty: say how the source's columns become the common data model" -}}
{{- end -}}
{{- if not (or $v.source.existingClaim $v.source.configMap) -}}
{{- fail "source is empty: name the claim (source.existingClaim) or the ConfigMap (source.configMap) that holds the data" -}}
{{- end -}}
{{- if and $v.source.existingClaim $v.source.configMap -}}
{{- fail "source.existingClaim and source.configMap are both set: choose one" -}}
{{- end -}}
{{- end }}
