import { applyPatch } from 'fast-json-patch';
import type { Operation } from 'fast-json-patch';
import supertest from 'supertest';

import type { KubeObject, ManagedFieldsEntry } from '../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';
import { createWebhookApp } from '../../../webhook/app.ts';
import type { StampSettings } from '../../../webhook/stamp.ts';

export const TRUSTED = 'system:serviceaccount:tekton-pipelines:tekton-pipelines-controller';
export const NOW_MS = Date.parse('2026-05-01T10:00:00.250Z');

export const TRACE = '0af7651916cd43dd8448eb211c80319c';
export const SPAN = 'b7ad6b7169203331';
export const carrier = (flags = '01', spanId = SPAN): string =>
  JSON.stringify({ traceparent: `00-${TRACE}-${spanId}-${flags}` });

export const settings: StampSettings = {
  sampling: { ratio: 1 },
  inbound: 'trusted',
  trustedRequesters: [TRUSTED],
  nowMs: () => NOW_MS,
};

export interface ReviewOptions {
  settings?: Partial<StampSettings>;
  username?: string;
  operation?: string;
  namespace?: string;
  dryRun?: boolean;
}

type Path = 'pipelinerun' | 'taskrun' | 'pod';
const KINDS = { pipelinerun: 'PipelineRun', taskrun: 'TaskRun', pod: 'Pod' };

export function request(changes: Partial<StampSettings> = {}, isReady = true): ReturnType<typeof supertest> {
  return supertest(
    createWebhookApp({ settings: { ...settings, ...changes }, log: silentLogger, isReady: () => isReady }),
  );
}

export function reviewOf(path: Path, object: unknown, options: ReviewOptions = {}): object {
  const { username = 'jane', operation = 'CREATE', namespace = 'ci', dryRun } = options;
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'review-1',
      kind: { group: path === 'pod' ? '' : 'tekton.dev', version: 'v1', kind: KINDS[path] },
      operation,
      namespace,
      userInfo: { username },
      object,
      ...(dryRun !== undefined && { dryRun }),
    },
  };
}

export interface Answer {
  status: number;
  response: { uid: string; allowed: boolean; patchType?: string; patch?: string };
  patch: Operation[];
}

/** Sends a review and reads its answer, as the API server does. */
export async function review(path: Path, object: unknown, options: ReviewOptions = {}): Promise<Answer> {
  const answer = await request(options.settings)
    .post(`/mutate/${path}`)
    .send(reviewOf(path, object, options));
  const { response } = answer.body as { response: Answer['response'] };
  const patch =
    response.patch === undefined ? [] : (JSON.parse(Buffer.from(response.patch, 'base64').toString()) as Operation[]);
  return { status: answer.status, response, patch };
}

/** The object as the API server stores it: with the patch applied, which throws where it does not apply. */
export async function admit<T extends KubeObject>(path: Path, object: T, options: ReviewOptions = {}): Promise<T> {
  const { patch } = await review(path, object, options);
  return applyPatch(structuredClone(object), patch, true).newDocument;
}

export function pipelineRun(metadata: object = {}, spec: object = {}): KubeObject & { spec: object } {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'build', namespace: 'ci', ...metadata },
    spec,
  };
}

export function taskRun(metadata: object = {}): KubeObject & { spec: object } {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name: 'test', namespace: 'ci', ...metadata },
    spec: {},
  };
}

export const ownedByRun = {
  ownerReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'build', uid: 'uid-build' }],
};

/** managedFields of somebody who submitted these annotations. */
export const submitted = (...annotations: string[]): { managedFields: ManagedFieldsEntry[] } =>
  submittedBy('kubectl-create', ...annotations);

/** The same under a field manager of the requester's choice. */
export const submittedBy = (manager: string, ...annotations: string[]): { managedFields: ManagedFieldsEntry[] } => ({
  managedFields: [
    {
      manager,
      operation: 'Update',
      apiVersion: 'tekton.dev/v1',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:annotations': Object.fromEntries(annotations.map((name) => [`f:${name}`, {}])) },
        'f:spec': { 'f:pipelineRef': { 'f:name': {} } },
      },
    },
  ],
});
