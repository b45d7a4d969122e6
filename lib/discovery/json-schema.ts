import { type OverrideSchemaContext, toJsonSchemaDefs } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { StringMap, WholeNumber } from '../job/schema.ts';
import { describe } from './descriptions.ts';

/** A JSON Schema as either version of OpenAPI has it. */
export type JsonSchema = { [key: string]: unknown; properties?: Record<string, JsonSchema> };

/** 3.0 is what kubectl reads, so null is left out: no field of Kubernetes' own documents says nullable. 3.1 says what is accepted. */
export type OpenApiVersion = '3.0' | '3.1';

const int32Max = 2 ** 31 - 1;

/**
 * Turns valibot schemas into the schemas of an OpenAPI document, each described, with references between them. `nameOf` gives the
 * name in the document. Throws where a schema holds what cannot be said in JSON Schema.
 */
export function openApiSchemas(
  schemas: Record<string, v.GenericSchema>,
  openapi: OpenApiVersion,
  nameOf: (name: string) => string,
): Record<string, JsonSchema> {
  const converted = toJsonSchemaDefs(schemas as never, {
    target: openapi === '3.0' ? 'openapi-3.0' : 'draft-2020-12',
    overrideRef: ({ referenceId }) => `#/components/schemas/${nameOf(referenceId)}`,
    overrideSchema: (context) => override(context as never, openapi) as never,
  }) as Record<string, JsonSchema>;
  return Object.fromEntries(Object.entries(converted).map(([name, schema]) => [nameOf(name), describe(name, schema, openapi)]));
}

function override({ valibotSchema, jsonSchema }: OverrideSchemaContext, openapi: OpenApiVersion): JsonSchema | undefined {
  const { type } = valibotSchema as v.GenericSchema;
  const schema = jsonSchema as JsonSchema;
  const string = openapi === '3.0' ? 'string' : ['string', 'null'];
  if (valibotSchema === StringMap) return { type: 'object', additionalProperties: { type: string } };
  if (valibotSchema === WholeNumber.wrapped) return { type: 'integer', format: 'int64' };
  if (type === 'nullish') return openapi === '3.0' ? withoutNull(schema) : orNull(schema);
  if (type === 'literal') return { type: 'string', ...schema };
  if (type === 'record') return { type: 'object', additionalProperties: schema.additionalProperties };
  if (type === 'loose_object') return looseObject(schema, openapi);
  return undefined;
}

function withoutNull({ nullable: _, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

function orNull(schema: JsonSchema): JsonSchema {
  const [inner] = schema.anyOf as [JsonSchema];
  return typeof inner.type === 'string' ? { ...inner, type: [inner.type, 'null'] } : schema;
}

/** An object that says nothing of its members is Kubernetes' own, such as a pod template: all are kept. */
function looseObject({ properties = {}, required, ...schema }: JsonSchema, openapi: OpenApiVersion): JsonSchema {
  if (Object.keys(properties).length === 0) return openapi === '3.0' ? { ...schema, 'x-kubernetes-preserve-unknown-fields': true } : schema;
  for (const property of Object.values(properties)) {
    if (property.type === 'integer') property.format ??= (property.maximum as number) <= int32Max ? 'int32' : 'int64';
  }
  return { ...schema, properties, ...((required as string[]).length > 0 && { required }) };
}
