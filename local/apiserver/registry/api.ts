import type { Logger } from '../../../shared/runtime/log.ts';
import type { Admission } from '../admission/admission.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { VersionConverter } from '../catalog/versions.ts';
import type { Store } from '../storage/store.ts';

/** What every operation needs. */
export interface Api {
  store: Store;
  catalog: Catalog;
  admission: Admission;
  /** By the name of their definition. */
  converters: ReadonlyMap<string, VersionConverter>;
  now: () => Date;
  log: Logger;
}
