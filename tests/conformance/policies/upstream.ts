/** An HTTP server with the storage of a Kubernetes API server, which keeps each write that was carried out and what was live before it. */
import type { Server } from 'node:http';
import { serve } from '../../../local/cci/api-server.ts';
import { StatusError } from '../../../local/cci/status.ts';
import { Storage, type Target } from '../../../local/cci/storage.ts';
import { close, createAsyncServer, listen, readBody } from '../../../local/http.ts';

/** A write of the gateway's: the text of the job before and after. */
export interface Write {
  method: string;
  before: string;
  after: string;
}
export interface Upstream {
  url: string;
  storage: Storage;
  /** The writes to a job since it was asked last. */
  takeWrites(target: Target): Write[];
  /** Does something directly before the next write to a job comes, unless it was called off; tells whether one came. */
  beforeNextWrite(target: Target, work: () => void): () => boolean;
  close(): Promise<void>;
}

const mostBody = 4 * 1024 * 1024;
const keyOf = ({ plural, namespace, name }: Target): string => `/apis/kubeflow.org/v1/namespaces/${namespace}/${plural}/${name}`;

/** Starts it on 127.0.0.1. It checks no signature: who writes is not asked here. */
export async function startUpstream(): Promise<Upstream> {
  const storage = new Storage(1);
  const writes = new Map<string, Write[]>();
  const waiting = new Map<string, () => void>();
  const server = createAsyncServer(async (request, response) => {
    const body = (await readBody(request, mostBody)) ?? Buffer.alloc(0);
    const { method = '', url = '' } = request;
    const [path = ''] = url.split('?');
    const [, , , , , namespace = '', plural = '', name = ''] = path.split('/');
    const target = { plural, namespace, name };
    if (method !== 'GET') {
      waiting.get(path)?.();
      waiting.delete(path);
    }
    const before = storage.find(target);
    const { status, text } = answer(() => {
      const served = serve(request, body, storage);
      if (typeof served !== 'string') throw new Error('nobody watches here');
      return served;
    });
    const after = storage.find(target);
    if (before !== undefined && after !== undefined && before !== after)
      writes.set(path, [...(writes.get(path) ?? []), { method, before, after }]);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
  }) as Server;
  return {
    url: await listen(server, 0),
    storage,
    takeWrites(target) {
      const taken = writes.get(keyOf(target)) ?? [];
      writes.delete(keyOf(target));
      return taken;
    },
    beforeNextWrite(target, work) {
      waiting.set(keyOf(target), work);
      return () => !waiting.delete(keyOf(target));
    },
    close: () => close(server),
  };
}

function answer(work: () => string): { status: number; text: string } {
  try {
    return { status: 200, text: work() };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { status: error.code, text: JSON.stringify(error) };
  }
}
