import type { Server } from 'node:http';
import { onTestFinished } from 'vitest';
import { listen } from '../../local/http.ts';

/** Starts a test's own server on 127.0.0.1, which ends with the test. Returns its URL. */
export async function listenWhileTesting(server: Server): Promise<string> {
  const url = await listen(server, 0);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return url;
}
