/** Writes docs/openapi.yaml; with --check it writes nothing, and fails where the file is not what would be written. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { openApiDocument } from './openapi/document.ts';

const file = 'docs/openapi.yaml';
const text = await openApiDocument();

if (!process.argv.includes('--check')) {
  await mkdir('docs', { recursive: true });
  await writeFile(file, text);
} else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
  console.error(`${file} is not what scripts/openapi.ts makes: run npm run generate`);
  process.exitCode = 1;
}
