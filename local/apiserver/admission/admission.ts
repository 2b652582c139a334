import type { Logger } from '../../../shared/runtime/log.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { KubeObject } from '../object.ts';
import type { Store } from '../storage/store.ts';
import type { AdmissionAttributes } from './attributes.ts';
import { createWebhookCaller } from './call.ts';
import type { Dispatch } from './dispatch.ts';
import { createFailingOpen } from './failing-open.ts';
import { callMutatingWebhooks } from './mutate.ts';
import { serviceEndpoint } from './service.ts';
import { callValidatingWebhooks } from './validate.ts';

/** Dynamic admission: the webhooks of all MutatingWebhookConfigurations and ValidatingWebhookConfigurations. */
export interface Admission {
  /**
   * The object as the webhooks leave it (for DELETE the old one). Throws the StatusError for the client if one denies it, or fails under
   * failurePolicy Fail.
   */
  mutate(attributes: AdmissionAttributes): Promise<KubeObject>;
  /** Calls the validating webhooks with the object to be stored. Throws as `mutate` does. */
  validate(attributes: AdmissionAttributes): Promise<void>;
  close(): void;
}

export function createAdmission(store: Store, catalog: Catalog, log: Logger): Admission {
  const caller = createWebhookCaller((service) => serviceEndpoint(store, service));
  const dispatch: Dispatch = { store, catalog, caller, failingOpen: createFailingOpen(log) };
  return {
    mutate: async (attributes) => (await callMutatingWebhooks(dispatch, attributes)) ?? (attributes.old as KubeObject),
    validate: (attributes) => callValidatingWebhooks(dispatch, attributes),
    close: () => caller.close(),
  };
}
