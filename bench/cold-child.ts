/**
 * A cold start: imports a handler, answers one event, and prints when what happened. Milliseconds since the process was begun;
 * requests are seen by Node's own diagnostics channels, whichever client sends them.
 */
const scriptBegan = performance.now();
const { BENCH_HANDLER = '', BENCH_EVENT = '', AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets = '' } = process.env;
const channels = process.getBuiltinModule('node:diagnostics_channel');
const marks: { asked?: number; secret?: number; upstream?: number } = {};
const isSecret = (request: unknown) => secrets.endsWith((request as { getHeader(name: string): string }).getHeader('host'));
channels.subscribe('http.client.request.start', (message) => {
  if (isSecret((message as { request: unknown }).request)) marks.asked ??= performance.now();
});
channels.subscribe('http.client.response.finish', (message) => {
  if (isSecret((message as { request: unknown }).request)) marks.secret ??= performance.now();
  else marks.upstream ??= performance.now();
});
const event = JSON.parse(BENCH_EVENT);

const importBegan = performance.now();
const { handler } = await import(BENCH_HANDLER);
const imported = performance.now();
const { statusCode, body } = await handler(event, { awsRequestId: 'bench', getRemainingTimeInMillis: () => 25_000 });
const answered = performance.now();

const { user, system } = process.cpuUsage();
const { benchConfiguration: configuration = 0 } = globalThis as { benchConfiguration?: number };
const times = { begun: performance.timeOrigin, scriptBegan, importBegan, imported, configuration, ...marks, answered };
// On a line of its own, after whatever the handler logs.
process.stdout.write(
  `\n${JSON.stringify({ ...times, cpu: (user + system) / 1000, statusCode, body: statusCode === 200 ? '' : body })}`,
  () => process.exit(0),
);
