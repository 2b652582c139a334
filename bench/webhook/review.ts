const carrier = JSON.stringify({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });

/** A PipelineRun of ten tasks, as a kube-apiserver sends it; `copied`: made from another's YAML. */
export function pipelineRun(copied: boolean): object {
  const annotations: Record<string, string> = {
    'example.com/note': 'x',
    ...(copied && {
      'tekton/pipelinerun-span-context': carrier,
      'tekton.dev/pipelinerunSpanContext': carrier,
      'tekton/admission-time': '2026-05-01T10:00:00.000Z/2026-05-01T10:00:00.001Z',
    }),
  };
  const listed = Object.fromEntries(Object.keys(annotations).map((name) => [`f:${name}`, {}]));
  const tasks = Array.from({ length: 10 }, (_, index) => ({
    name: `task-${index}`,
    taskSpec: { steps: [{ name: 'run', image: 'busybox', script: 'echo hello\n'.repeat(20) }] },
  }));
  const entry = { manager: 'kubectl-create', operation: 'Update', apiVersion: 'tekton.dev/v1', fieldsType: 'FieldsV1' };
  const fieldsV1 = { 'f:metadata': { 'f:annotations': listed }, 'f:spec': { 'f:pipelineSpec': { 'f:tasks': {} } } };
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { generateName: 'build-', namespace: 'ci', annotations, managedFields: [{ ...entry, fieldsV1 }] },
    spec: { pipelineSpec: { tasks } },
  };
}

/** An AdmissionReview of a PipelineRun's creation as JSON. */
export function review(copied: boolean): string {
  const kind = { group: 'tekton.dev', version: 'v1', kind: 'PipelineRun' };
  const userInfo = { username: 'jane' };
  const object = pipelineRun(copied);
  const request = { uid: 'review', kind, operation: 'CREATE', namespace: 'ci', userInfo, object };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
}
