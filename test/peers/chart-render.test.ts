import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1ClusterRole, V1Deployment, V1MutatingWebhookConfiguration, V1Role } from '@kubernetes/client-node';

import { controllerSpec } from '../../cli/commands/controller.ts';
import { webhookSpec } from '../../cli/commands/webhook.ts';
import { RIGHTS } from '../../cli/doctor/rights.ts';
import { parseOptions } from '../../cli/options/options.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { readResourceAttributes } from '../../shared/tracing/resource.ts';
import { badValues, everyValue } from './support/chart-values.ts';
import { chart, helm, renderChart } from './support/helm.ts';
import type { Values } from './support/helm.ts';
import { grantedRights } from './support/rights.ts';

const allOf = <T>(objects: KubeObject[], kind: string): T[] => objects.filter((object) => object.kind === kind) as T[];

describe('helm lint --strict', () => {
  test.each([
    ['the defaults', {}],
    ['every value set', everyValue],
  ])('has nothing to say about %s', async (_name, values) => {
    await expect(helm(['lint', '--strict', chart], values)).resolves.toContain('0 chart(s) failed');
  });
});

/** The `--set` options of the helm commands that a document shows. */
function shownSettings(document: string): string[] {
  const text = readFileSync(join(chart, '../..', document), 'utf8').replaceAll(/\\\n\s*/g, '');
  const commands = text.split('\n').filter((line) => line.trim().startsWith('helm install'));
  return commands.flatMap((line) => [...line.matchAll(/--set (\S+)/g)].map(([, setting = '']) => `--set=${setting}`));
}

test.each(['README.md', 'CONTRIBUTING.md', 'docs/install.md'])('the chart renders with %s', async (document) => {
  const settings = shownSettings(document);
  expect(settings.length).toBeGreaterThan(0);
  expect(await helm(['template', 'tektrace', chart, ...settings])).toContain('kind: Deployment');
});

describe('the values schema', () => {
  test.each(badValues)('refuses $what with the name of the key', async ({ values, key }) => {
    await expect(renderChart(values)).rejects.toThrow(key);
  });
});

describe('the notes', () => {
  const notes = async (values: Values): Promise<string> => {
    const text = await helm(['install', 'tektrace', chart, '--namespace', 'tracing', '--dry-run=client'], values);
    return text.slice(text.indexOf('NOTES:'));
  };
  const collector = { jaegerCollectorUrl: 'http://jaeger:4318' };

  test('say what to do next, and warn of nothing where nothing is risky', async () => {
    const text = await notes(collector);
    expect(text).toContain('kubectl -n tracing get pods -l app.kubernetes.io/instance=tektrace');
    expect(text).toContain('helm test tektrace -n tracing');
    expect(text).toContain('kube-node-lease, kube-system, tracing');
    expect(text).not.toContain('WARNING');
  });

  test.each<[string, Values]>([
    ['jaegerCollectorUrl is empty', {}],
    ['webhook.failurePolicy is Fail', { ...collector, webhook: { failurePolicy: 'Fail' } }],
    ['webhook.timeoutSeconds is 30', { ...collector, webhook: { timeoutSeconds: 30 } }],
    ['there is one webhook replica', { ...collector, webhook: { replicas: 1 } }],
    ['Tekton’s own controller must not run', { ...collector, controller: { manage: 'all' } }],
    ['sampling.ratio is 0', { ...collector, sampling: { ratio: 0 } }],
    [
      'networkPolicy.metricsFrom is empty',
      { ...collector, networkPolicy: { enabled: true, reviewsFrom: everyValue.networkPolicy.reviewsFrom } },
    ],
    [
      'networkPolicy.reviewsFrom is empty',
      { ...collector, networkPolicy: { enabled: true, metricsFrom: everyValue.networkPolicy.metricsFrom } },
    ],
    ['test.namespace is kube-system', { ...collector, test: { namespace: 'kube-system' } }],
  ])('warn: %s', async (warning, values) => {
    const warnings = (await notes(values)).match(/WARNING: .*/g) ?? [];
    expect(warnings).toEqual([expect.stringContaining(`WARNING: ${warning.replace('’', "'")}`)]);
  });
});

test.each(['0', '1', '0.5'])('a share of %s may come from --set', async (share) => {
  const shares = [`--set=sampling.ratio=${share}`, `--set=sampling.namespaces.ci=${share}`];
  const text = await helm(['install', 'tektrace', chart, '--namespace=tracing', '--dry-run=client', ...shares]);
  expect(text.match(/--sample-(ratio|namespace)=.*/g)).toEqual(
    ['controller', 'webhook'].flatMap(() => [`--sample-ratio=${share}`, `--sample-namespace=ci=${share}`]),
  );
});

describe('the rendered chart', () => {
  test('Pods meet the restricted Pod security standard', async () => {
    const deployments = allOf<V1Deployment>(await renderChart(), 'Deployment');
    expect(deployments.map(({ metadata }) => metadata?.name)).toEqual(['tektrace-controller', 'tektrace-webhook']);
    for (const { spec } of deployments) {
      const pod = spec?.template.spec;
      expect(pod?.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of pod?.containers ?? []) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  test('the webhook never breaks or slows a build, and never sees what it must not', async () => {
    const [configuration] = allOf<V1MutatingWebhookConfiguration>(await renderChart(), 'MutatingWebhookConfiguration');
    const webhooks = configuration?.webhooks ?? [];
    expect(webhooks.map(({ clientConfig }) => clientConfig.service?.path)).toEqual([
      '/mutate/pipelinerun',
      '/mutate/taskrun',
      '/mutate/pod',
    ]);
    for (const webhook of webhooks) {
      expect(webhook).toMatchObject({
        failurePolicy: 'Ignore',
        timeoutSeconds: 2,
        sideEffects: 'None',
        reinvocationPolicy: 'Never',
      });
      expect(webhook.clientConfig.caBundle).toBeUndefined();
      expect(webhook.namespaceSelector?.matchExpressions).toContainEqual({
        key: 'kubernetes.io/metadata.name',
        operator: 'NotIn',
        values: ['kube-node-lease', 'kube-system', 'tracing'],
      });
      expect(webhook.objectSelector?.matchExpressions).toContainEqual({
        key: 'tektrace.dev/ignore',
        operator: 'DoesNotExist',
      });
    }
    expect(webhooks[2]?.objectSelector?.matchExpressions).toContainEqual({
      key: 'tekton.dev/taskRun',
      operator: 'Exists',
    });
  });

  test('no right is a wildcard, and the webhook may touch one Secret and one configuration', async () => {
    const objects = await renderChart();
    const roles = [...allOf<V1Role>(objects, 'Role'), ...allOf<V1ClusterRole>(objects, 'ClusterRole')];
    const rules = roles.flatMap(({ rules = [] }) => rules);
    expect(
      rules.flatMap(({ apiGroups = [], resources = [], verbs }) => [...apiGroups, ...resources, ...verbs]),
    ).not.toContain('*');
    const webhookRules = roles
      .filter(({ metadata }) => metadata?.name === 'tektrace-webhook')
      .flatMap(({ rules = [] }) => rules);
    expect(webhookRules.filter(({ resourceNames }) => resourceNames === undefined)).toEqual([
      { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    ]);
  });

  test('with a certificate that others keep, the webhook may write no Secret', async () => {
    for (const certificate of [{ secretName: 'mine' }, { certManager: { enabled: true } }]) {
      const objects = await renderChart({ webhook: { certificate } });
      const secretName = certificate.secretName ?? 'tektrace-webhook-certificate';
      const [role] = allOf<V1Role>(objects, 'Role').filter(({ metadata }) => metadata?.name === 'tektrace-webhook');
      expect(role?.rules).toEqual([
        { apiGroups: [''], resources: ['secrets'], resourceNames: [secretName], verbs: ['list', 'watch'] },
      ]);
      const [webhook] = allOf<V1Deployment>(objects, 'Deployment').filter(
        ({ metadata }) => metadata?.name === 'tektrace-webhook',
      );
      expect(webhook?.spec?.template.spec?.containers[0]?.args).toContain(`--certificate-secret=${secretName}`);
    }
  });

  test('cert-manager makes a certificate for the names that the API server calls, by itself or by the issuer named', async () => {
    const render = (issuerRef: object) =>
      renderChart({ webhook: { certificate: { certManager: { enabled: true, issuerRef } } } });
    const own = await render({});
    const [certificate] = allOf<KubeObject>(own, 'Certificate');
    expect(certificate).toMatchObject({
      spec: {
        secretName: 'tektrace-webhook-certificate',
        dnsNames: ['tektrace-webhook.tracing.svc', 'tektrace-webhook.tracing.svc.cluster.local'],
        issuerRef: { name: 'tektrace-webhook', kind: 'Issuer' },
      },
    });
    expect(allOf<KubeObject>(own, 'Issuer')).toMatchObject([
      { metadata: { name: 'tektrace-webhook' }, spec: { selfSigned: {} } },
    ]);
    const issued = await render({ name: 'internal', kind: 'ClusterIssuer' });
    expect(allOf<KubeObject>(issued, 'Issuer')).toEqual([]);
    expect(allOf<KubeObject>(issued, 'Certificate')).toMatchObject([
      { spec: { issuerRef: { name: 'internal', kind: 'ClusterIssuer' } } },
    ]);
  });

  test('several controllers elect one by a Lease that they may make, and then read and write by its name only', async () => {
    const objects = await renderChart(everyValue);
    const [controller] = allOf<V1Deployment>(objects, 'Deployment').filter(
      ({ metadata }) => metadata?.name === 'traces-controller',
    );
    expect(controller?.spec).toMatchObject({
      replicas: 3,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } },
    });
    const [role] = allOf<V1Role>(objects, 'Role').filter(({ metadata }) => metadata?.name === 'traces-controller');
    expect(role?.rules).toEqual([
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['traces-controller'],
        verbs: ['get', 'update'],
      },
    ]);
  });

  test('one replica has no disruption budget, which would keep its node from being drained', async () => {
    expect(allOf(await renderChart({ webhook: { replicas: 1 } }), 'PodDisruptionBudget')).toEqual([]);
    expect(allOf(await renderChart(), 'PodDisruptionBudget')).toHaveLength(1);
  });

  test('where nothing is executed, the controller may create, delete or update nothing but Events and its Lease', async () => {
    const objects = await renderChart({ controller: { manage: 'none' } });
    const [role] = allOf<V1ClusterRole>(objects, 'ClusterRole').filter(
      ({ metadata }) => metadata?.name === 'tektrace-controller',
    );
    const written = (role?.rules ?? []).flatMap(({ resources = [], verbs }) =>
      verbs.filter((verb) => !['get', 'list', 'watch'].includes(verb)).map((verb) => `${verb} ${resources.join()}`),
    );
    expect(written).toEqual(['patch pipelineruns,taskruns', 'create events', 'patch events']);
    const [controller] = allOf<V1Deployment>(objects, 'Deployment');
    const args = controller?.spec?.template.spec?.containers[0]?.args ?? [];
    expect(args).toContain('--manage=none');
    expect(args.filter((arg) => arg.includes('-image='))).toEqual([]);
  });

  test.each(['managed-by', 'all'])('with manage=%s it may do what executing takes', async (manage) => {
    const [role] = allOf<V1ClusterRole>(await renderChart({ controller: { manage } }), 'ClusterRole').filter(
      ({ metadata }) => metadata?.name === 'tektrace-controller',
    );
    const creates = (role?.rules ?? []).filter(({ verbs }) => verbs.includes('create'));
    expect(creates.flatMap(({ resources = [] }) => resources)).toEqual([
      'events',
      'taskruns',
      'pods',
      'persistentvolumeclaims',
    ]);
  });

  test('the resource definitions come only where Tektrace executes every run, and outlive the release', async () => {
    const crdFiles = readdirSync(join(chart, 'files/crds')).filter((name) => name.endsWith('.yaml'));
    const all = (crds = {}) => renderChart({ controller: { manage: 'all' }, crds });
    const definitions = allOf<KubeObject>(await all(), 'CustomResourceDefinition');
    expect(definitions).toHaveLength(crdFiles.length);
    expect(crdFiles.length).toBeGreaterThan(0);
    for (const { metadata } of definitions)
      expect(metadata.annotations).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
    expect(allOf(await all({ install: false }), 'CustomResourceDefinition')).toEqual([]);
    for (const values of [{}, { controller: { manage: 'managed-by' } }])
      expect(allOf(await renderChart(values), 'CustomResourceDefinition')).toEqual([]);
  });

  test('every value reaches the objects', async () => {
    const text = JSON.stringify(await renderChart(everyValue));
    for (const expected of [
      'traces-webhook',
      'registry.test/tektrace:1.2.3',
      'Always',
      '"name":"registry"',
      '1Gi',
      '"ci"',
      '"high"',
    ])
      expect(text).toContain(expected);
  });

  test.each([
    ['the defaults', {}],
    ['every value set', everyValue],
  ])('the commands take the options that %s give them', async (_name, values) => {
    for (const { spec } of allOf<V1Deployment>(await renderChart(values), 'Deployment')) {
      const [command = '', ...options] = spec?.template.spec?.containers[0]?.args ?? [];
      const known = { webhook: webhookSpec, controller: controllerSpec }[command];
      expect(known?.name).toBe(command);
      if (known) parseOptions(known, options);
    }
  });

  test('credentials for the collector are files of the controller only', async () => {
    const [controller, webhook] = allOf<V1Deployment>(await renderChart(everyValue), 'Deployment').map(
      ({ spec }) => spec?.template.spec,
    );
    expect(webhook?.volumes ?? []).toEqual([]);
    expect(controller?.volumes).toEqual([
      { name: 'otlp-ca', secret: { secretName: 'collector-ca', items: [{ key: 'bundle.pem', path: 'ca.pem' }] } },
      {
        name: 'otlp-client',
        secret: {
          secretName: 'collector-client',
          items: [
            { key: 'tls.crt', path: 'cert.pem' },
            { key: 'tls.key', path: 'key.pem' },
          ],
        },
      },
      { name: 'otlp-headers', secret: { secretName: 'collector-token', items: [{ key: 'otlp', path: 'headers' }] } },
    ]);
    // A subPath would keep a renewed Secret from arriving.
    expect(controller?.containers[0]?.volumeMounts).toEqual(
      ['ca', 'client', 'headers'].map((name) => ({
        name: `otlp-${name}`,
        mountPath: `/etc/tektrace/otlp/${name}`,
        readOnly: true,
      })),
    );
  });

  test('resource attributes arrive as they were given', async () => {
    const [controller] = allOf<V1Deployment>(await renderChart(everyValue), 'Deployment');
    const variables = controller?.spec?.template.spec?.containers[0]?.env ?? [];
    expect(variables.map(({ name }) => name)).toEqual(['OTEL_RESOURCE_ATTRIBUTES', 'OTEL_SPAN_EVENT_COUNT_LIMIT']);
    const env = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
    expect(readResourceAttributes(env, silentLogger)).toEqual({
      'k8s.cluster.name': 'a',
      note: 'two words, 100%=all',
      city: 'Köln',
    });
  });

  test('the settings are the options of the commands', async () => {
    const [controller, webhook] = allOf<V1Deployment>(await renderChart(everyValue), 'Deployment').map(
      ({ spec }) => spec?.template.spec?.containers[0]?.args,
    );
    const common = ['--sample-ratio=0.5', '--sample-namespace=ci=0.25', '--log-level=debug', '--log-format=text'];
    expect(controller).toEqual([
      'controller',
      '--manage=managed-by',
      '--exclude-namespace=kube-system',
      '--exclude-namespace=quiet',
      '--exclude-namespace=tracing',
      '--health-port=8081',
      '--leader-elect',
      '--leader-elect-resource-name=traces-controller',
      '--jaeger-collector-url=http://jaeger:4318/v1/traces',
      '--exporter=otlp',
      '--otlp-protocol=http/json',
      '--otlp-compression=gzip',
      '--otlp-timeout=5s',
      '--otlp-ca-file=/etc/tektrace/otlp/ca/ca.pem',
      '--otlp-client-cert-file=/etc/tektrace/otlp/client/cert.pem',
      '--otlp-client-key-file=/etc/tektrace/otlp/client/key.pem',
      '--otlp-headers-file=/etc/tektrace/otlp/headers/headers',
      '--trace-url-template=https://jaeger.test/trace/{traceId}',
      '--no-keep-failures',
      '--entrypoint-image=e:1',
      '--nop-image=n:1',
      '--shell-image=s:1',
      '--workingdirinit-image=w:1',
      ...common,
    ]);
    expect(webhook).toEqual([
      'webhook',
      '--port=8443',
      '--health-port=8081',
      '--namespace=tracing',
      '--certificate-secret=webhook-tls',
      '--configuration-name=traces-webhook',
      '--service-name=traces-webhook',
      '--trusted-requester=system:serviceaccount:tracing:traces-controller',
      '--trusted-requester=creator',
      '--inbound=link',
      '--trace-url-template=https://jaeger.test/trace/{traceId}',
      '--step-otlp-endpoint=http://collector.test:4318',
      ...common,
    ]);
  });
});

test('tektrace doctor asks for the rights of the controller beside Tekton, all of them and no others', async () => {
  const roles = allOf<KubeObject>(await renderChart(), 'ClusterRole');
  const asked = RIGHTS.map(({ verb, group, resource, name }) =>
    [`${verb} ${group}/${resource}`, name].filter(Boolean).join(' '),
  );
  expect(asked.sort()).toEqual([...grantedRights(roles, 'tektrace-controller')].sort());
});
