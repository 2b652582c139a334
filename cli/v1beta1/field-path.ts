/** Fields of a step, stepTemplate, sidecar or override, which are named otherwise in v1. */
const CONTAINER = /((?:steps|sidecars|stepOverrides|sidecarOverrides)\[\d+\]|stepTemplate)\.computeResources\b/g;

/**
 * Where a v1 field path points in the v1beta1 object that was converted: `spec.taskRunTemplate.serviceAccountName` is
 * `spec.serviceAccountName` there. `hasTimeout`: the run has `timeout`, and not `timeouts`.
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
