import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import { trustedAdmissionTime } from '../../../shared/tracing/provenance.ts';

/** Milliseconds since the epoch; undefined for no time. */
export function timeMs(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '');
  return ms > 0 ? ms : undefined;
}

/** When a run was admitted, else created, in milliseconds since the epoch. */
export const bornMs = ({ metadata }: KubeObject): number =>
  trustedAdmissionTime(metadata)?.receivedMs ?? timeMs(metadata.creationTimestamp) ?? 0;
