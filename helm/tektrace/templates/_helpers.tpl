{{/* Prefix of all objects' names, short enough for a suffix within 63 characters. */}}
{{- define "tektrace.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Selector of a component's Pods; it never changes within a release. Takes (dict "root" $ "component" "webhook"). */}}
{{- define "tektrace.selectorLabels" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "tektrace.labels" -}}
{{ include "tektrace.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: tektrace
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Placement and image credentials of a Pod. */}}
{{- define "tektrace.podPlacement" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* One replica a node, where there are nodes enough. Takes what tektrace.selectorLabels takes. */}}
{{- define "tektrace.topologySpread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "tektrace.selectorLabels" . | nindent 8 }}
{{- end -}}

{{/* The restricted Pod security standard. */}}
{{- define "tektrace.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "tektrace.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop:
    - ALL
{{- end -}}

{{- define "tektrace.image" -}}
{{- if .Values.image.digest }}
image: {{ printf "%s@%s" .Values.image.repository .Values.image.digest | quote }}
{{- else }}
image: {{ printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) | quote }}
{{- end }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end -}}

{{/* The namespaces whose runs neither webhook nor controller traces, as JSON. */}}
{{- define "tektrace.excludedNamespaces" -}}
{{- append .Values.excludedNamespaces .Release.Namespace | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* The webhook decides sampling. The controller decides it for runs that bypassed the webhook. */}}
{{- define "tektrace.commonArgs" -}}
- --sample-ratio={{ .Values.sampling.ratio }}
{{- range $namespace, $ratio := .Values.sampling.namespaces }}
- --sample-namespace={{ $namespace }}={{ $ratio }}
{{- end }}
- --log-level={{ .Values.log.level }}
- --log-format={{ .Values.log.format }}
{{- end -}}

{{/* The controller's OTLP files: a list of name, secret and items (flag, key and file name), as YAML. */}}
{{- define "tektrace.otlpFiles" -}}
{{- with .Values.otlp.caSecret }}{{- if .name }}
- name: ca
  secret: {{ .name | quote }}
  items:
    - { flag: otlp-ca-file, key: {{ .key | quote }}, file: ca.pem }
{{- end }}{{- end }}
{{- with .Values.otlp.clientCertificateSecret }}{{- if .name }}
- name: client
  secret: {{ .name | quote }}
  items:
    - { flag: otlp-client-cert-file, key: {{ .certificateKey | quote }}, file: cert.pem }
    - { flag: otlp-client-key-file, key: {{ .privateKeyKey | quote }}, file: key.pem }
{{- end }}{{- end }}
{{- with .Values.otlp.headersSecret }}{{- if .name }}
- name: headers
  secret: {{ .name | quote }}
  items:
    - { flag: otlp-headers-file, key: {{ .key | quote }}, file: headers }
{{- end }}{{- end }}
{{- end -}}

{{/* The options that say where spans go and how. */}}
{{- define "tektrace.exporterArgs" -}}
{{- with .Values.jaegerCollectorUrl }}
- {{ printf "--jaeger-collector-url=%s" . | quote }}
{{- end }}
{{- with .Values.exporter }}
- --exporter={{ . }}
{{- end }}
{{- range $setting := list "protocol" "compression" "timeout" }}
{{- with get $.Values.otlp $setting }}
- --otlp-{{ $setting }}={{ . }}
{{- end }}
{{- end }}
{{- range $volume := include "tektrace.otlpFiles" . | fromYamlArray }}
{{- range .items }}
- --{{ .flag }}=/etc/tektrace/otlp/{{ $volume.name }}/{{ .file }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The variables that say the same, and what else spans have. */}}
{{- define "tektrace.exporterEnv" -}}
{{- if .Values.resourceAttributes }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: {{ include "tektrace.resourceAttributes" . | quote }}
{{- end }}
{{- with .Values.controller.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "tektrace.otlpVolumeMounts" -}}
{{- with include "tektrace.otlpFiles" . | fromYamlArray -}}
volumeMounts:
  {{- range . }}
  - name: otlp-{{ .name }}
    mountPath: /etc/tektrace/otlp/{{ .name }}
    readOnly: true
  {{- end }}
{{- end -}}
{{- end -}}

{{- define "tektrace.otlpVolumes" -}}
{{- with include "tektrace.otlpFiles" . | fromYamlArray -}}
volumes:
  {{- range . }}
  - name: otlp-{{ .name }}
    secret:
      secretName: {{ .secret | quote }}
      items:
        {{- range .items }}
        - key: {{ .key | quote }}
          path: {{ .file }}
        {{- end }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/* OTEL_RESOURCE_ATTRIBUTES: keys and values are percent-encoded. */}}
{{- define "tektrace.resourceAttributes" -}}
{{- $entries := list -}}
{{- range $key, $value := .Values.resourceAttributes -}}
{{- $entries = append $entries (printf "%s=%s" (urlquery $key | replace "+" "%20") (urlquery (toString $value) | replace "+" "%20")) -}}
{{- end -}}
{{- join "," $entries -}}
{{- end -}}

{{/* Both processes serve /livez, /readyz and /metrics over HTTP on a separate port. */}}
{{- define "tektrace.probes" -}}
# On a busy node a start takes long; a restart would only begin it again.
startupProbe:
  httpGet:
    path: /livez
    port: metrics
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 60
# A process that is slow on a busy node still answers reviews: only one that says nothing for long is left out, or restarted.
livenessProbe:
  httpGet:
    path: /livez
    port: metrics
  periodSeconds: 10
  timeoutSeconds: 10
  failureThreshold: 3
readinessProbe:
  httpGet:
    path: /readyz
    port: metrics
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 3
{{- end -}}

{{/* Not empty if runs of test.namespace are traced. */}}
{{- define "tektrace.canTest" -}}
{{- if not (has .Values.test.namespace (include "tektrace.excludedNamespaces" . | fromJsonArray)) }}true{{ end -}}
{{- end -}}

{{/* What the Pod of helm test needs comes before it, and goes when it has succeeded. */}}
{{- define "tektrace.testHook" -}}
helm.sh/hook: test
helm.sh/hook-weight: "-1"
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* Name of the Secret whose certificate the webhook serves; empty: it has an authority of its own. */}}
{{- define "tektrace.certificateSecret" -}}
{{- with .Values.webhook.certificate -}}
{{- if .secretName -}}
{{- .secretName -}}
{{- else if .certManager.enabled -}}
{{- include "tektrace.fullname" $ }}-webhook-certificate
{{- end -}}
{{- end -}}
{{- end -}}
