import type { Session } from './types.ts';

/**
 * Resolves when what a server reads from its cache has all that was written before: a consistent list is answered then. A watch or list that asks for no
 * certain version, or for any, may show an older state.
 */
export async function catchUp(s: Session, resource: string): Promise<void> {
  await s.unrecorded.get(`${resource}?labelSelector=none`);
}
