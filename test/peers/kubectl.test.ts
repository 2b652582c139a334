import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { startBothServers } from './support/both-servers.ts';
import type { BothServers } from './support/both-servers.ts';
import { runSession } from './support/kubectl-session.ts';
import type { Session } from './support/kubectl-session.ts';
import { writeSessions } from './support/write-sessions.ts';

const run = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name: 'build', labels: { team: 'a' } },
  spec: { pipelineRef: { name: 'build' }, params: [{ name: 'revision', value: 'main' }] },
};
const taskRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { generateName: 'build-' },
  spec: { taskRef: { name: 'compile' } },
};
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'worker' },
  // Named, because the real server runs without the admission plugin that names it.
  spec: {
    restartPolicy: 'Never',
    serviceAccountName: 'default',
    containers: [{ name: 'main', image: 'busybox', command: ['true'] }],
  },
};

const sessions: Session[] = [
  {
    name: 'creates, lists and deletes runs',
    files: { 'run.json': run, 'taskrun.json': taskRun },
    commands: [
      'create -f DIR/run.json',
      'create -f DIR/run.json',
      'create -f DIR/taskrun.json',
      'get pipelineruns',
      'get pr,tr',
      'get tekton',
      'get pipelineruns -l team=a -o name',
      'get pipelineruns -l team!=a',
      'get pipelinerun build -o jsonpath={.spec.params[0].value}',
      'get pipelinerun other',
      'delete pipelinerun build',
      'get pipelineruns',
    ],
  },
  {
    name: 'changes objects in every way',
    files: { 'run.json': run, 'changed.json': { ...run, spec: { ...run.spec, timeouts: { pipeline: '1h' } } } },
    commands: [
      'apply -f DIR/run.json',
      'apply -f DIR/changed.json',
      'apply -f DIR/changed.json',
      'annotate pipelinerun build note=first',
      'annotate pipelinerun build note=second',
      'annotate pipelinerun build note=second --overwrite',
      'label pipelinerun build team-',
      `patch pipelinerun build --type=json -p '[{"op":"replace","path":"/spec/params/0/value","value":"next"}]'`,
      `patch pipelinerun build --type=merge -p '{"spec":{"status":"Cancelled"}}'`,
      `patch pipelinerun build --subresource=status --type=merge -p '{"status":{"conditions":[{"type":"Succeeded","status":"True","reason":"Completed"}]}}'`,
      'get pipelinerun build',
      'get pipelinerun build -o jsonpath={.spec.status}/{.spec.params[0].value}/{.status.conditions[0].reason}',
      'wait --for=condition=Succeeded --timeout=60s pipelinerun/build',
      'replace -f DIR/changed.json',
    ],
  },
  {
    name: 'refuses what is wrong with the path of the field',
    files: {
      'unknown.json': { ...run, spec: { ...run.spec, pipelineReff: {} } },
      'type.json': { ...run, spec: { ...run.spec, params: 'none' } },
      'kind.json': { ...run, kind: 'PipelineRunn' },
      'name.json': { ...run, metadata: { name: 'Not_A_Name' } },
      'pod.json': { ...pod, spec: { containers: [] } },
    },
    commands: [
      'create -f DIR/unknown.json',
      'create -f DIR/type.json',
      'create -f DIR/kind.json',
      'create -f DIR/name.json',
      'create -f DIR/pod.json',
      'get nothings',
    ],
  },
  {
    name: 'keeps core objects',
    files: {
      'pod.json': pod,
      'settings.json': { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: 'b' } },
      'token.json': { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token' }, stringData: { a: 'b' } },
    },
    commands: [
      'create -f DIR/settings.json',
      'create -f DIR/token.json',
      'get configmap settings -o jsonpath={.data}',
      'get secrets',
      'describe secret token',
      'create -f DIR/pod.json',
      'get pods',
      'get pods -o wide',
      'get pods --field-selector=status.phase=Pending -o name',
      'get pods --field-selector=metadata.name=other',
      `patch pod worker -p '{"metadata":{"labels":{"a":"b"}}}'`,
      'get pods --show-labels',
      'delete pod worker --force --grace-period=0',
    ],
  },
  {
    name: 'describes and watches',
    files: { 'run.json': run, 'pod.json': pod },
    commands: [
      'create -f DIR/run.json',
      'create -f DIR/pod.json',
      'describe pipelinerun build',
      'describe pod worker',
      'get pipelineruns --watch --output-watch-events --request-timeout=5s',
      'get pod worker -o yaml',
      'get pipelinerun build -o yaml',
      'get pipelinerun build -o json --show-managed-fields',
      'explain pipelinerun.spec.params',
      'api-resources --api-group=tekton.dev',
      'get events',
    ],
  },
  {
    name: 'tries without storing',
    files: { 'run.json': run },
    commands: ['create -f DIR/run.json --dry-run=server', 'get pipelinerun build'],
  },
  ...writeSessions,
];

describe('a stock kubectl cannot tell the embedded API server from the real one', () => {
  let servers: BothServers;
  beforeAll(async () => {
    servers = await startBothServers();
  }, 300_000);
  afterAll(() => servers.stop());

  test.each(sessions)(
    '$name',
    async (session) => {
      const namespace = `session-${sessions.indexOf(session)}`;
      const expected = await runSession(servers.real, namespace, session);
      expect(await runSession(servers.embedded, namespace, session)).toEqual(expected);
    },
    300_000,
  );
});
