/**
 * Writes docs/faults.md: what callers get for each upstream fault, as it was measured with the handlers just built; with --check it
 * writes nothing, and fails where the file is not what would be written.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
// Keeps the audit events of the measured handlers from being printed.
import '../tests/audit-lines.ts';
import { faults } from '../tests/faults/faults.ts';
import { columns } from '../tests/faults/matrix.ts';
import { type Rows, rowInWords, runFaults } from '../tests/faults/run.ts';
import { bundle } from './build.ts';

const file = 'docs/faults.md';

const dist = await mkdtemp(join(tmpdir(), 'tfjob-gateway-faults-'));
try {
  for (const handler of ['read-jobs', 'replace-job', 'patch-job']) {
    await bundle({ entryPoints: [{ in: `handlers/${handler}.ts`, out: 'index' }] }, join(dist, handler));
  }
  const text = documentOf((await runFaults(pathToFileURL(`${dist}/`))).rows);
  if (!process.argv.includes('--check')) await writeFile(file, text);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error(`${file} is not what scripts/faults.ts makes: run npm run generate`);
    process.exitCode = 1;
  }
} finally {
  await rm(dist, { recursive: true });
}

function documentOf(rows: Rows): string {
  const ways = [...rows.values()].reduce((sum, row) => sum + row.read.length, 0);
  const sections = Object.entries(faults).map(([title, ofSection]) => {
    const lines = ofSection.map(({ name }) => lineOf([name, ...rowInWords(rows.get(name))]));
    return `\n## ${title}\n${lineOf(['fault', ...columns])}\n${lineOf(['fault', ...columns].map(() => '---'))}\n${lines.join('\n')}\n`;
  });
  return `${introduction(rows.size, ways)}${sections.join('')}`;
}

function lineOf(cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function introduction(count: number, ways: number): string {
  return `# What callers get when CCI fails
<!-- Written by \`npm run generate\`; do not edit. -->
This table was measured: ${count} faults in ${ways} ways, each against a read and four writes. The requests went through the handlers that are deployed, over real connections, to an upstream that stores a real job. \`npm run test:slow\` compares every cell with what [upstream.md](upstream.md) says.

- **fault**: which call fails, and how. It is the call that does what the caller asked for: the GET of a read, the PUT of a write, the PATCH of a merge patch. Other calls are answered well, unless the fault says "everything" or "reads", or is one of the connection or of the credentials. "Once" is the first such call, and "always" is each of them. Every error code comes in several forms, seven at most: a Kubernetes Status, the API gateway's, the plain one, IAM's two, an HTML page, and nothing.
- **read** is a GET of one job, **write** a PUT, and **merge patch** a PATCH that names only the five fields. Without a resourceVersion a request means "whatever the version". If all is well, a write costs two calls (GET and PUT), since the function has not seen the job before. The others cost one.
- **a cell** has the code and the reason that the caller gets, and Retry-After if there is one. Then comes the number of calls that reached CCI. (Connections that were never made have none.) For a write the stored job follows: \`old\`, or \`new\`, which is the old one with the whole change. It was never anything else.

A write has an **unknown outcome** if it was sent and nobody said what became of it. Then the connection died, no answer came in time, or the answer was 502, 503, 504 or cannot be read. The gateway reads the job:
- If the job holds the change, the caller gets it with 200.
- If the job is as it was, the caller gets the error.
- If it cannot be read either, or somebody else has changed it since, the caller gets 504 (or 500). The write may or may not have happened: read the job before you repeat it.

A refusal (4xx), 429 and 503 always mean that nothing was written. Only 429 and 503 carry Retry-After, only if the cause is brief, and only if the gateway has not itself waited and tried again. Clients such as kubectl would multiply its tries by ten.
`;
}
