import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadKubeConfig } from '../../../shared/kubernetes/kubeconfig.ts';
import { peerProgram } from '../../peers/support/binaries.ts';
import { freePorts } from '../../peers/support/ports.ts';
import { startServerProcess } from '../../peers/support/server-process.ts';

const START_TIMEOUT_MS = 30_000;

export interface Sample {
  metric: Record<string, string>;
  value: number;
}

export interface Prometheus {
  /** What an expression gives now. Throws with Prometheus' words if it is none. */
  query(expression: string): Promise<Sample[]>;
  /** Each alert by name: its health, the last error of its evaluation, and whether it is inactive, pending or firing. */
  alerts(): Promise<{ name: string; health: string; lastError: string; state: string }[]>;
  stop(): Promise<void>;
}

export interface ScrapeTarget {
  job: string;
  namespace: string;
  pod: string;
}

/**
 * Starts a real Prometheus of this machine that scrapes Pods once a second through the API server, whose network it is not in, with the labels that the Prometheus
 * operator gives; `rules`: the groups of alerts.
 */
export async function startPrometheus(kubeconfig: string, targets: ScrapeTarget[], rules: object): Promise<Prometheus> {
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-prometheus-'));
  const config = loadKubeConfig({ text: kubeconfig });
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  const file = async (name: string, base64: string | undefined): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, Buffer.from(base64 ?? '', 'base64'), { mode: 0o600 });
    return path;
  };
  const url = new URL(cluster?.server ?? '');
  const tls_config = {
    ca_file: await file('ca.pem', cluster?.caData),
    cert_file: await file('cert.pem', user?.certData),
    key_file: await file('key.pem', user?.keyData),
  };
  await writeFile(join(directory, 'rules.yaml'), JSON.stringify(rules));
  const settings = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yaml'],
    scrape_configs: targets.map(({ job, namespace, pod }) => ({
      job_name: pod,
      scheme: url.protocol.slice(0, -1),
      tls_config,
      metrics_path: `/api/v1/namespaces/${namespace}/pods/${pod}:8081/proxy/metrics`,
      static_configs: [{ targets: [url.host], labels: { job, namespace, pod } }],
    })),
  };
  await writeFile(join(directory, 'prometheus.yaml'), JSON.stringify(settings));
  const [port = 0] = await freePorts(1);
  const api = `http://127.0.0.1:${port}/api/v1`;
  const server = await startServerProcess({
    name: 'prometheus',
    program: peerProgram('prometheus'),
    args: [
      `--config.file=${join(directory, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    logFile: join(directory, 'prometheus.log'),
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok,
    startTimeoutMs: START_TIMEOUT_MS,
  });
  const get = async <T>(path: string): Promise<T> => {
    const body = (await (await fetch(`${api}${path}`)).json()) as { data: T; error?: string };
    if (body.error !== undefined) throw new Error(body.error);
    return body.data;
  };
  return {
    query: async (expression) => {
      type Vector = { metric: Record<string, string>; value: [number, string] }[];
      const { result } = await get<{ result: Vector }>(
        `/query?${new URLSearchParams({ query: expression }).toString()}`,
      );
      return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    alerts: async () => {
      const { groups } = await get<{
        groups: { rules: { name: string; health: string; lastError?: string; state: string }[] }[];
      }>('/rules?type=alert');
      return groups.flatMap((group) =>
        group.rules.map(({ name, health, lastError = '', state }) => ({ name, health, lastError, state })),
      );
    },
    stop: async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
