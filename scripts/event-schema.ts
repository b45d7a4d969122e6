/** Writes docs/job-update-event.schema.json; with --check it writes nothing, and fails where the file is not what would be written. */
import { readFile, writeFile } from 'node:fs/promises';
import { toJsonSchema } from '@valibot/to-json-schema';
import { type GenericSchema, getMetadata } from 'valibot';
import { Envelope, eventLimit, JsonNumber, Patch, Replace } from '../lib/events/schema.ts';
import { fieldCount } from '../lib/job/fields.ts';

const file = 'docs/job-update-event.schema.json';

/** What valibot checks by hand is said by its metadata; it is an object where it is no text and no number. */
function schemaOf(schema: GenericSchema): object {
  const { $schema: _, ...converted } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    ignoreActions: ['check', 'transform'],
    overrideSchema: ({ valibotSchema, jsonSchema }) => {
      if (valibotSchema === JsonNumber) return { ...jsonSchema, type: 'integer' };
      if (valibotSchema.type === 'string') return { ...(getMetadata(valibotSchema as GenericSchema) as object), ...jsonSchema };
      if (valibotSchema.type === 'custom') return { ...jsonSchema, type: 'object' };
      return valibotSchema.type === 'literal' ? { type: 'string', ...jsonSchema } : undefined;
    },
  });
  return converted;
}

const { properties, ...envelope } = schemaOf(Envelope) as { properties: object };
const document = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Job Update Requested',
  description: `An event that asks tfjob-gateway to update one job: what EventBridge delivers, or what is sent to the FIFO queue. At most ${eventLimit} bytes.`,
  ...envelope,
  properties: { ...properties, detail: { $ref: '#/$defs/detail' } },
  $defs: {
    detail: { title: 'The detail of the event', oneOf: [{ $ref: '#/$defs/patch' }, { $ref: '#/$defs/object' }] },
    patch: { title: 'Changes what the patch names', ...schemaOf(Patch) },
    object: { title: `Replaces the ${fieldCount} replaceable fields`, ...schemaOf(Replace) },
  },
};
// A list of names on one line, as the formatter has it.
const lists = /\[\s+("[^[\]{}]*")\s+\]/g;
const text = `${JSON.stringify(document, undefined, 2).replace(lists, (_, list: string) => `[${list.replace(/\s+/g, ' ')}]`)}\n`;

if (!process.argv.includes('--check')) await writeFile(file, text);
else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
  console.error(`${file} is not what scripts/event-schema.ts makes: run npm run generate`);
  process.exitCode = 1;
}
