import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { isNotFound } from '../../../shared/kubernetes/errors.ts';
import { resourcePath } from '../../../shared/kubernetes/resources.ts';
import type { Resource } from '../../../shared/kubernetes/resources.ts';
import { until } from './until.ts';

/** Resolves when the API server answers requests for the kinds: some time after it has accepted their definitions. */
export async function untilServed(client: KubeClient, resources: Resource[], namespace = 'default'): Promise<void> {
  for (const resource of resources)
    await until(`${resource.plural} to be served`, () =>
      client.request('GET', resourcePath(resource, { namespace })).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      }),
    );
}

/** Resolves when the API server answers 404 for the kind: some time after its definition has gone. */
export async function untilNotServed(client: KubeClient, resource: Resource): Promise<void> {
  const path = resourcePath(resource, { namespace: 'default' });
  const isGone = (): Promise<true | undefined> =>
    client.request('GET', path).then(
      () => undefined,
      (error: unknown) => {
        if (isNotFound(error)) return true;
        throw error;
      },
    );
  await until(`${resource.plural} to be served no more`, isGone);
}

/** A right, by the names of RBAC. */
export interface Right {
  verb: string;
  group: string;
  resource: string;
  namespace?: string;
  name?: string;
}

/** Resolves when the API server lets `user` do all that: it knows of roles and bindings some time after they were written, each kind for itself. */
export async function untilAllowed(client: KubeClient, user: string, rights: Right[]): Promise<void> {
  for (const right of rights)
    await until(`the right of ${user} to ${right.verb} ${right.resource}`, async () => {
      const { status } = await client.request<{ status: { allowed: boolean } }>(
        'POST',
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        {
          body: {
            ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' },
            spec: { user, groups: ['system:authenticated'], resourceAttributes: right },
          },
        },
      );
      return status.allowed || undefined;
    });
}
