/** Fields of a step, stepTemplate, sidecar or override that have another name in v1. */
const CONTAINER = /((?:steps|sidecars|stepOverrides|sidecarOverrides)\[\d+\]|stepTemplate)\.computeResources\b/g;

/**
 * The v1beta1 path of a v1 field path: `spec.serviceAccountName` for `spec.taskRunTemplate.serviceAccountName`. `hasTimeout`: the run has
 * `timeout`, not `timeouts`.
 */
export function fieldPathInV1beta1(kind: string, path: string, hasTimeout = false): string {
  const ofRun = kind === 'PipelineRun' || kind === 'TaskRun';
  const overrides = ofRun
    ? path
        .replace(/^(spec\.(?:taskRunSpecs\[\d+\]\.)?)stepSpecs\b/, '$1stepOverrides')
        .replace(/^(spec\.(?:taskRunSpecs\[\d+\]\.)?)sidecarSpecs\b/, '$1sidecarOverrides')
    : path;
  const named = overrides.replace(CONTAINER, '$1.resources');
  if (kind !== 'PipelineRun') return named;
  return named
    .replace(/^(spec\.taskRunSpecs\[\d+\]\.)serviceAccountName\b/, '$1taskServiceAccountName')
    .replace(/^(spec\.taskRunSpecs\[\d+\]\.)podTemplate\b/, '$1taskPodTemplate')
    .replace(/^spec\.taskRunTemplate\./, 'spec.')
    .replace(hasTimeout ? /^spec\.timeouts(?:\.pipeline)?$/ : /$^/, 'spec.timeout');
}
