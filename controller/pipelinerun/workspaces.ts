import { createHash } from 'node:crypto';
import { posix } from 'node:path';

import { isAlreadyExists } from '../../shared/kubernetes/errors.ts';
import { PERSISTENT_VOLUME_CLAIMS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { isRefused } from '../model/refused.ts';
import { WORKSPACE_BINDING_FIELDS } from '../../shared/tekton/reference-fields.ts';
import { allReferences, resultReferences } from '../../shared/tekton/result-references.ts';
import { RunFailure } from '../model/run-failure.ts';
import { isKnown, substituteFields } from '../../shared/tekton/substitution.ts';
import type { Replacements } from '../../shared/tekton/substitution.ts';
import type { PipelineRun, PipelineTask, TaskSpec, WorkspaceBinding } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { PipelineRunContext } from './context.ts';
import { ownerReference } from './owner-reference.ts';

/** The claim's name for a binding's volumeClaimTemplate: the template's name or `pvc`, and 10 hex digits of workspace and run (as upstream). */
export const claimName = traced('claimName', (binding: WorkspaceBinding, run: PipelineRun): string => {
  const hash = createHash('sha256').update(`${binding.name}${run.metadata.uid}`).digest('hex').slice(0, 10);
  return `${binding.volumeClaimTemplate?.metadata?.name ?? 'pvc'}-${hash}`;
});

/** Creates one claim per run for each volumeClaimTemplate. Throws RunFailure if the API server refuses it. */
export const createPersistentVolumeClaims = traced(
  'createPersistentVolumeClaims',
  async (context: PipelineRunContext, run: PipelineRun): Promise<void> => {
    const templates = (run.spec.workspaces ?? []).filter(
      ({ volumeClaimTemplate }) => volumeClaimTemplate !== undefined,
    );
    await Promise.all(templates.map((binding) => createPersistentVolumeClaim(context, run, binding)));
  },
);

const createPersistentVolumeClaim = traced(
  'createPersistentVolumeClaim',
  async ({ client }: PipelineRunContext, run: PipelineRun, binding: WorkspaceBinding): Promise<void> => {
    const { namespace, name } = run.metadata;
    const { metadata, spec } = binding.volumeClaimTemplate ?? {};
    const body = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: claimName(binding, run),
        namespace,
        ...(metadata?.labels ? { labels: metadata.labels } : {}),
        ...(metadata?.annotations ? { annotations: metadata.annotations } : {}),
        ownerReferences: [ownerReference(run)],
      },
      spec,
    };
    try {
      await client.request<KubeObject>('POST', resourcePath(PERSISTENT_VOLUME_CLAIMS, { namespace }), { body });
    } catch (error) {
      if (isAlreadyExists(error)) return;
      if (!isRefused(error)) throw error;
      const message = `Failed to create PVC for PipelineRun ${namespace}/${name} correctly: ${error.message}`;
      throw new RunFailure('CouldntCreateWorkspacePVC', message);
    }
  },
);

/** The workspaces of a task's TaskRun. Throws RunFailure if the run does not bind a required one. */
export const getTaskrunWorkspaces = traced(
  'getTaskrunWorkspaces',
  (run: PipelineRun, task: PipelineTask, taskSpec: TaskSpec, results: Replacements): WorkspaceBinding[] => {
    const bindings: WorkspaceBinding[] = [];
    for (const { name, workspace, subPath } of [...(task.workspaces ?? []), ...propagateWorkspaces(run, task)]) {
      const binding = run.spec.workspaces?.find((candidate) => candidate.name === (workspace ?? name));
      if (binding)
        bindings.push(
          taskWorkspaceByWorkspaceVolumeSource(
            run,
            applyResultsToWorkspaceBindings(binding, task, results),
            name,
            subPath,
          ),
        );
      else if (!taskSpec.workspaces?.find((declared) => declared.name === name)?.optional) {
        const message = `expected workspace "${workspace ?? name}" to be provided by pipelinerun for pipeline task "${task.name}"`;
        throw new RunFailure('CreateRunFailed', message);
      }
    }
    return bindings;
  },
);

/** The binding with references to results replaced. Throws RunFailure for a result whose task has not ended: a binding creates no dependency. */
const applyResultsToWorkspaceBindings = traced(
  'applyResultsToWorkspaceBindings',
  (written: WorkspaceBinding, task: PipelineTask, results: Replacements): WorkspaceBinding => {
    const missing = resultReferences(written).find(({ reference }) => !isKnown(reference, results));
    if (!missing) return substituteFields(written, WORKSPACE_BINDING_FIELDS, results);
    const message = `the workspace "${written.name}" refers to $(${missing.reference}), which is not there when the pipeline task "${task.name}" starts: let it run after "${missing.pipelineTask}"`;
    throw new RunFailure('InvalidTaskResultReference', message);
  },
);

/** The run's workspaces that an embedded task uses by name without a binding. */
const propagateWorkspaces = traced(
  'propagateWorkspaces',
  (run: PipelineRun, { taskSpec, workspaces = [] }: PipelineTask): NonNullable<PipelineTask['workspaces']> => {
    const used = allReferences(taskSpec)
      .map((reference) => /^workspaces\.([^.]+)\./.exec(reference)?.[1])
      .filter((name) => name !== undefined);
    const declared = (taskSpec?.workspaces ?? []).map(({ name }) => name);
    const bound = new Set(workspaces.map(({ name }) => name));
    return [...new Set([...used, ...declared])]
      .filter(
        (name) =>
          !bound.has(name) &&
          (declared.includes(name) || run.spec.workspaces?.some((binding) => binding.name === name)),
      )
      .map((name) => ({ name }));
  },
);

const taskWorkspaceByWorkspaceVolumeSource = traced(
  'taskWorkspaceByWorkspaceVolumeSource',
  (run: PipelineRun, binding: WorkspaceBinding, name: string, taskSubPath: string | undefined): WorkspaceBinding => {
    const { volumeClaimTemplate, subPath: _subPath, ...source } = binding;
    const subPath = [binding.subPath, taskSubPath].filter((part) => part).join('/');
    return {
      ...source,
      name,
      ...(subPath ? { subPath: posix.normalize(subPath) } : {}),
      ...(volumeClaimTemplate ? { persistentVolumeClaim: { claimName: claimName(binding, run) } } : {}),
    };
  },
);
