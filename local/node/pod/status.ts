import { NODE_IP } from '../container/field-ref.ts';
import { kubeTime } from '../types.ts';
import type { Pod, PodCondition, PodStatus } from '../types.ts';
import { containerStatus } from './container-record.ts';
import type { ContainerRecord } from './container-record.ts';

export interface PodState {
  pod: Pod;
  records: ContainerRecord[];
  startTime: Date;
  /** The Pod's directories exist. */
  sandboxReady: boolean;
  /** Set when the node itself ended the Pod. */
  verdict?: { reason: string; message: string };
  /** Conditions as last written: an unchanged one keeps its time. */
  conditions: PodCondition[];
}

type Draft = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

const names = (records: ContainerRecord[]): string => `[${records.map(({ spec }) => spec.name).join(' ')}]`;

function initialized(record: ContainerRecord): boolean {
  return record.kind === 'sidecar' ? record.started : record.state.terminated?.exitCode === 0;
}

/** The kubelet's rules for the phase. */
export function podPhase({ pod, records, verdict }: PodState): NonNullable<PodStatus['phase']> {
  if (verdict) return 'Failed';
  const policy = pod.spec.restartPolicy ?? 'Always';
  const mains = records.filter(({ kind }) => kind === 'main');
  const inits = records.filter(({ kind }) => kind === 'init');
  const begun = mains.some(({ state }) => !state.waiting);
  if (policy === 'Never' && inits.some(({ state }) => (state.terminated?.exitCode ?? 0) !== 0)) return 'Failed';
  if (!begun && !records.filter(({ kind }) => kind !== 'main').every(initialized)) return 'Pending';
  if (mains.some(({ state, lastState }) => state.waiting && !lastState.terminated)) return 'Pending';
  if (records.some(({ kind, state }) => kind !== 'init' && state.running)) return 'Running';
  if (policy === 'Always') return 'Running';
  if (mains.every(({ state }) => state.terminated?.exitCode === 0)) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

function readyCondition(type: string, phase: PodStatus['phase'], records: ContainerRecord[]): Draft {
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const unready = records.filter(({ kind, ready }) => kind !== 'init' && !ready);
  if (unready.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: ${names(unready)}`,
  };
}

function initializedCondition(phase: PodStatus['phase'], records: ContainerRecord[]): Draft {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  const incomplete = records.filter((record) => record.kind !== 'main' && !initialized(record));
  const begun = records.some(({ kind, state }) => kind === 'main' && !state.waiting);
  if (begun || incomplete.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: ${names(incomplete)}`,
  };
}

function withTimes(drafts: Draft[], before: PodCondition[], now: Date): PodCondition[] {
  return drafts.map((draft) => {
    const last = before.find(({ type }) => type === draft.type);
    const lastTransitionTime = last?.status === draft.status ? last.lastTransitionTime : kubeTime(now);
    return { lastProbeTime: null, lastTransitionTime, ...draft };
  });
}

/** The Pod's status as a kubelet would write it. */
export function podStatus(state: PodState, now: Date): PodStatus {
  const { pod, records, startTime, sandboxReady, verdict } = state;
  const phase = podPhase(state);
  const ended = phase === 'Succeeded' || phase === 'Failed';
  const ours: Draft[] = [
    { type: 'PodReadyToStartContainers', status: sandboxReady && !ended ? 'True' : 'False' },
    initializedCondition(phase, records),
    readyCondition('Ready', phase, records),
    readyCondition('ContainersReady', phase, records),
    { type: 'PodScheduled', status: 'True' },
  ];
  const foreign = (pod.status?.conditions ?? []).filter(({ type }) => !ours.some((own) => own.type === type));
  return {
    phase,
    reason: verdict?.reason ?? null,
    message: verdict?.message ?? null,
    startTime: kubeTime(startTime),
    hostIP: NODE_IP,
    hostIPs: [{ ip: NODE_IP }],
    podIP: NODE_IP,
    podIPs: [{ ip: NODE_IP }],
    conditions: [...withTimes(ours, state.conditions, now), ...foreign],
    initContainerStatuses: records.filter(({ kind }) => kind !== 'main').map(containerStatus),
    containerStatuses: records.filter(({ kind }) => kind === 'main').map(containerStatus),
  };
}
