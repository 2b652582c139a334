import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import type { V1Container, V1HTTPGetAction, V1Probe } from '@kubernetes/client-node';

import type { RunningContainer } from '../isolation/isolation.ts';
import { NODE_IP } from './field-ref.ts';

export type ProbeKind = 'Startup' | 'Readiness' | 'Liveness';

export interface ProbeReport {
  /** The probe has reached its success or failure threshold. */
  settled(kind: ProbeKind, passed: boolean): void;
  /** One failed attempt, for an Event. */
  failed(kind: ProbeKind, message: string): void;
}

const DEFAULTS = { periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 };

function portNumber(port: number | string, container: V1Container): number {
  const named = (container.ports ?? []).find(({ name }) => name === port)?.containerPort;
  const number = named ?? Number(port);
  if (!Number.isInteger(number)) throw new Error(`container has no port named ${port}`);
  return number;
}

function httpGet(action: V1HTTPGetAction, container: V1Container, signal: AbortSignal): Promise<void> {
  const secure = action.scheme === 'HTTPS';
  const headers = Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const options = {
    host: action.host ?? NODE_IP,
    port: portNumber(action.port, container),
    path: action.path ?? '/',
    headers,
    signal,
  };
  return new Promise((resolve, reject) => {
    // The kubelet doesn't verify the certificate either.
    const request = secure
      ? https.get({ ...options, rejectUnauthorized: false, agent: false })
      : http.get({ ...options, agent: false });
    request.on('error', reject);
    request.on('response', (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 400) resolve();
      else reject(new Error(`HTTP probe failed with statuscode: ${status}`));
    });
  });
}

function connect(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, signal });
    socket.on('error', reject);
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

async function attempt(
  probe: V1Probe,
  container: V1Container,
  running: RunningContainer,
  stop: AbortSignal,
): Promise<void> {
  const timeoutMs = (probe.timeoutSeconds ?? DEFAULTS.timeoutSeconds) * 1000;
  const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
  if (probe.httpGet) return httpGet(probe.httpGet, container, signal);
  if (probe.tcpSocket)
    return connect(probe.tcpSocket.host ?? NODE_IP, portNumber(probe.tcpSocket.port, container), signal);
  if (!probe.exec)
    throw new Error('the probe has none of exec, httpGet, tcpSocket; grpc is not supported by this node');
  const { exitCode, output } = await running.exec(probe.exec.command ?? [], signal);
  if (exitCode !== 0) throw new Error(output.trim() || `command exited with ${exitCode}`);
}

/** Runs one probe until its threshold is reached for the first time (Startup) or until stopped. */
async function runProbe(
  kind: ProbeKind,
  probe: V1Probe,
  container: V1Container,
  running: RunningContainer,
  report: ProbeReport,
  stop: AbortSignal,
): Promise<void> {
  const {
    periodSeconds = DEFAULTS.periodSeconds,
    successThreshold = DEFAULTS.successThreshold,
    failureThreshold = DEFAULTS.failureThreshold,
  } = probe;
  const pause = (seconds: number): Promise<unknown> =>
    delay(seconds * 1000, undefined, { signal: stop }).catch(() => undefined);
  let [successes, failures] = [0, 0];
  await pause(probe.initialDelaySeconds ?? 0);
  while (!stop.aborted) {
    try {
      await attempt(probe, container, running, stop);
      [successes, failures] = [successes + 1, 0];
    } catch (error) {
      if (stop.aborted) return;
      [successes, failures] = [0, failures + 1];
      report.failed(kind, `${kind} probe failed: ${(error as Error).message}`);
    }
    if (successes === successThreshold) report.settled(kind, true);
    if (failures === failureThreshold) report.settled(kind, false);
    if (kind === 'Startup' && (successes >= successThreshold || failures >= failureThreshold)) return;
    await pause(periodSeconds);
  }
}

/** Runs a container's probes while it runs: the startup probe first, alone. Ends when `stop` aborts. */
export async function runProbes(
  container: V1Container,
  running: RunningContainer,
  report: ProbeReport,
  stop: AbortSignal,
): Promise<void> {
  const { startupProbe, readinessProbe, livenessProbe } = container;
  if (startupProbe) await runProbe('Startup', startupProbe, container, running, report, stop);
  await Promise.all([
    readinessProbe && runProbe('Readiness', readinessProbe, container, running, report, stop),
    livenessProbe && runProbe('Liveness', livenessProbe, container, running, report, stop),
  ]);
}
