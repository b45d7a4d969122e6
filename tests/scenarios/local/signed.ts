import { createHash } from 'node:crypto';
import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js';
import { afterEach, beforeEach } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../local/cci/simulator.ts';
import { credential } from '../../credentials.ts';

/** The access key that the simulators of these tests accept. */
export const key = { accessKey: credential('ak'), secretKey: credential('sk') };
export const jobPath = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test';

/** What runs while a test of a file runs that uses a simulator. */
export let simulator: Simulator;

/** Starts a simulator before each test. */
export function useSimulator(options: Partial<SimulatorOptions> = {}): void {
  beforeEach(async () => {
    simulator = await startSimulator({ ...key, ...options });
  });
  afterEach(() => simulator.close());
}

/** Stops the running simulator and starts another. */
export async function restart(options: Partial<SimulatorOptions> = {}): Promise<void> {
  await simulator.close();
  simulator = await startSimulator({ ...key, ...options });
}

export interface Sent {
  method?: string;
  path?: string;
  query?: Record<string, string | string[]>;
  headers?: Record<string, string>;
  body?: string | Buffer;
  signal?: AbortSignal;
  signWith?: { accessKey: string; secretKey: string };
  /** The last chance to spoil a signed request. */
  spoil?: (headers: Record<string, string>) => void;
  sendBody?: string | Buffer;
}

/** Signs with the official SDK's own code. */
export function officialHeaders(request: object, { accessKey, secretKey } = key): Record<string, string> {
  return AKSKSigner.sign(request, { getAk: () => accessKey, getSk: () => secretKey } as never);
}

/** Signs a request to the simulator at `base` and sends it. */
export async function send(
  base: string,
  { method = 'GET', path = jobPath, query = {}, headers = {}, body, signal, signWith = key, spoil, sendBody = body }: Sent,
) {
  const url = new URL(path, base);
  // The official signer hashes JSON.stringify(data); this header of its own lets any bytes be signed.
  const hash = body === undefined ? {} : { 'X-Sdk-Content-Sha256': createHash('sha256').update(body).digest('hex') };
  const signed = officialHeaders({ method, endpoint: url.href, queryParams: query, headers: { ...headers, ...hash } }, signWith);
  for (const [name, values] of Object.entries(query)) for (const value of [values].flat()) url.searchParams.append(name, value);
  spoil?.(signed);
  const response = await fetch(url, {
    method,
    headers: signed,
    body: (sendBody ?? null) as string | null,
    redirect: 'manual',
    signal: signal ?? null,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
}
