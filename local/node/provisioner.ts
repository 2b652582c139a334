import fs from 'node:fs/promises';
import path from 'node:path';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { MERGE_PATCH, PERSISTENT_VOLUME_CLAIMS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { Store } from '../../shared/kubernetes/store.ts';
import { objectKey } from '../../shared/kubernetes/types.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { removeTree } from './remove.ts';

export interface Claim extends KubeObject {
  spec?: { accessModes?: string[]; resources?: { requests?: Record<string, string> }; volumeName?: string };
  status?: { phase?: string };
}

/** Gives each PersistentVolumeClaim a directory of this machine, kept until the claim is deleted. */
export class Provisioner {
  readonly #client: KubeClient;
  readonly #directory: string;
  readonly #claims: Store<Claim>;
  /** Claims bound to a user's directory, by namespace/name: never removed. */
  readonly #given = new Map<string, string>();

  constructor(client: KubeClient, directory: string, claims: Store<Claim>) {
    this.#client = client;
    this.#directory = directory;
    this.#claims = claims;
  }

  /** Binds a future claim to this directory of the machine. Only the process that started the node can do this; no object can. */
  give(namespace: string, name: string, directory: string): void {
    this.#given.set(`${namespace}/${name}`, directory);
  }

  /** Creates the claim's directory and marks it Bound, without a PersistentVolume. */
  async bind(claim: Claim): Promise<void> {
    const { namespace, name } = claim.metadata;
    await this.#ensure(claim);
    if (claim.status?.phase === 'Bound') return;
    const status = {
      phase: 'Bound',
      accessModes: claim.spec?.accessModes ?? [],
      capacity: claim.spec?.resources?.requests ?? {},
    };
    await this.#client.request(
      'PATCH',
      resourcePath(PERSISTENT_VOLUME_CLAIMS, { namespace, name, subresource: 'status' }),
      {
        body: { status },
        contentType: MERGE_PATCH,
      },
    );
  }

  /** The directory of a claim. Throws ApiError (404) when there is no such claim. */
  async directory(namespace: string, name: string): Promise<string> {
    const claim =
      this.#claims.get(`${namespace}/${name}`) ??
      (await this.#client.request<Claim>('GET', resourcePath(PERSISTENT_VOLUME_CLAIMS, { namespace, name })));
    return this.#ensure(claim);
  }

  async remove(claim: Claim): Promise<void> {
    if (this.#given.has(objectKey(claim.metadata))) return;
    await removeTree(this.#path(claim));
  }

  #path(claim: Claim): string {
    const given = this.#given.get(objectKey(claim.metadata));
    return given ?? path.join(this.#directory, claim.metadata.uid ?? '');
  }

  async #ensure(claim: Claim): Promise<string> {
    const directory = this.#path(claim);
    if (this.#given.has(objectKey(claim.metadata))) return directory;
    await fs.mkdir(directory, { recursive: true });
    await fs.chmod(directory, 0o777);
    return directory;
  }
}
