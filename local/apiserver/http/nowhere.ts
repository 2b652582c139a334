import type { Catalog } from '../catalog/catalog.ts';
import { noSuchPath, PageNotFound } from '../status.ts';

/** The error for a path that is not served. Within built-in groups it is a Status, elsewhere plain text. */
export function nowhere(catalog: Catalog, pathname: string): Error {
  const [root, ...rest] = pathname.split('/').filter(Boolean);
  const isOwn = catalog.all().some((one) => one.builtIn && one.group === rest[0] && one.version === rest[1]);
  const inGroup = (root === 'api' && rest.length > 1) || (root === 'apis' && rest.length > 2 && isOwn);
  return inGroup ? noSuchPath() : new PageNotFound();
}
