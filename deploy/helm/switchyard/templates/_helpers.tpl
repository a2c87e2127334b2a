{{- define "switchyard.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "switchyard.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "switchyard.labels" -}}
{{ include "switchyard.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "switchyard.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "switchyard.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "switchyard.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Whether several pods may run: SQLite's file belongs to one. */}}
{{- define "switchyard.isMany" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicaCount) 1) -}}true{{- end -}}
{{- end -}}

{{/* What cannot be, told before anything is made. */}}
{{- define "switchyard.mustBelongTogether" -}}
{{- if and (include "switchyard.isMany" .) (not .Values.mongodb.existingSecret) -}}
{{- fail "replicaCount and autoscaling: SQLite is for one replica; name MongoDB's address by mongodb.existingSecret" -}}
{{- end -}}
{{- if ne (empty .Values.init.organization) (empty .Values.init.existingSecret) -}}
{{- fail "init.organization: it is given together with init.existingSecret, or not at all" -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled (not .Values.serviceMonitor.existingSecret) -}}
{{- fail "serviceMonitor.existingSecret: /metrics wants a token with metrics:read" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- fail "ingress.hosts: it needs at least one" -}}
{{- end -}}
{{- end -}}

{{/* Every file of a secret: the name of the variable that names it, and where it comes from. */}}
{{- define "switchyard.files" -}}
{{- with .Values.mongodb }}{{ if .existingSecret }}
- { file: MONGODB_URI, env: MONGODB_URI_FILE, secretName: {{ .existingSecret | quote }}, key: {{ .key | quote }} }
{{- end }}{{ end }}
{{- with .Values.init }}{{ if .existingSecret }}
- { file: INIT_TOKEN, env: INIT_TOKEN_FILE, secretName: {{ .existingSecret | quote }}, key: {{ .key | quote }} }
{{- end }}{{ end }}
{{- range .Values.secretFiles }}
- { file: {{ .name }}, env: {{ .name }}_FILE, secretName: {{ .secretName | quote }}, key: {{ .key | quote }} }
{{- end }}
{{- end -}}

{{- define "switchyard.pod" -}}
{{- include "switchyard.mustBelongTogether" . -}}
{{- $files := include "switchyard.files" . | fromYamlArray -}}
metadata:
  labels:
    {{- include "switchyard.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "switchyard.serviceAccount" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  # What is sent is answered within the two, and a second is for what runs in the background.
  terminationGracePeriodSeconds: {{ add (int .Values.config.SHUTDOWN_DELAY_SECONDS) (int .Values.config.SHUTDOWN_SECONDS) 5 }}
  containers:
    - name: switchyard
      image: {{ include "switchyard.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      ports:
        - name: http
          containerPort: 4000
      env:
        - { name: HOST, value: "0.0.0.0" }
        - { name: PORT, value: "4000" }
        - { name: DATA_DIR, value: /data }
        {{- range $name, $value := .Values.config }}
        - name: {{ $name }}
          value: {{ ternary (int64 $value | toString) (toString $value) (kindIs "float64" $value) | quote }}
        {{- end }}
        {{- if .Values.init.organization }}
        - name: INIT_ORG
          value: {{ .Values.init.organization | quote }}
        {{- end }}
        {{- range $files }}
        - name: {{ .env }}
          value: /run/secrets/switchyard/{{ .file }}
        {{- end }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      startupProbe:
        httpGet: { path: /health/live, port: http }
        {{- toYaml .Values.probes.startup | nindent 8 }}
      livenessProbe:
        httpGet: { path: /health/live, port: http }
        {{- toYaml .Values.probes.liveness | nindent 8 }}
      readinessProbe:
        httpGet: { path: /health/ready, port: http }
        {{- toYaml .Values.probes.readiness | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      volumeMounts:
        - { name: data, mountPath: /data }
        - { name: tmp, mountPath: /tmp }
        {{- if $files }}
        - { name: secrets, mountPath: /run/secrets/switchyard, readOnly: true }
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {}
    {{- if .Values.mongodb.existingSecret }}
    - name: data
      emptyDir: {}
    {{- else if .Values.persistence.existingClaim }}
    - name: data
      persistentVolumeClaim: { claimName: {{ .Values.persistence.existingClaim | quote }} }
    {{- end }}
    {{- if $files }}
    - name: secrets
      projected:
        # Readable by the group that fsGroup gives, and by nobody else.
        defaultMode: 0440
        sources:
          {{- range $files }}
          - secret:
              name: {{ .secretName | quote }}
              items:
                - { key: {{ .key | quote }}, path: {{ .file }} }
          {{- end }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- if .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml .Values.topologySpreadConstraints | nindent 4 }}
  {{- else if include "switchyard.isMany" . }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "switchyard.selector" . | nindent 10 }}
  {{- end }}
{{- end -}}
