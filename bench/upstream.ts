/** A bare upstream in a process of its own: answers every GET with one job, and every PUT with the job that was put. */
import { createServer } from 'node:http';
import { documentedJob } from './job.ts';

const job = Buffer.from(JSON.stringify(documentedJob({ ttl: undefined })));
const headers = { 'content-type': 'application/json' };

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = request.method === 'PUT' ? Buffer.concat(chunks) : job;
    response.writeHead(200, { ...headers, 'content-length': body.length }).end(body);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit(0));
