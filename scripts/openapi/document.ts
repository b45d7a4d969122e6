import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { fieldCount, fields, isMap, type Layout, listed } from '../../lib/job/fields.ts';
import { refusingRules } from '../../lib/rule.ts';
import { refusalComponents } from './answers.ts';
import { paths } from './operations.ts';
import { schemaComponents } from './schemas.ts';

const text = { type: 'string' };
const scalarsOf = (layout: Layout) => listed(fields.filter((field) => field.in[layout] && !isMap(field)));

/** The text of docs/openapi.yaml: OpenAPI 3.1.0 for people and tools, made of the schemas that requests are checked against. */
export async function openApiDocument(): Promise<string> {
  const { status: _, ...job } = JSON.parse(await readFile('events/replace-tfjob.json', 'utf8'));
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'tfjob-gateway',
      version: 'v1',
      summary: `Change ${fieldCount} fields of a training job, and nothing else.`,
      description: `The ${fieldCount} fields are ${listed(fields)}. In the cci layout (Huawei CCI, Kubeflow v1.0 to v1.2) ${scalarsOf('cci')} are members of spec, in the kubeflow layout (Kubeflow 1.3 and later) ${scalarsOf('kubeflow')} of spec.runPolicy. Every answer that is no job is a Kubernetes Status.`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [
      {
        url: 'https://{api}.execute-api.{region}.amazonaws.com/{stage}',
        description: 'As deployed.',
        variables: { api: { default: 'api-id' }, region: { default: 'eu-west-1' }, stage: { default: 'prod' } },
      },
      { url: 'http://127.0.0.1:3000', description: 'What npm start runs. It asks for no credentials, whatever security says.' },
    ],
    security: [{ awsSignature: [] }, { bearerToken: [] }],
    tags: [
      { name: 'jobs', description: 'Training jobs.' },
      { name: 'discovery', description: 'What Kubernetes clients ask about the gateway itself.' },
    ],
    paths: paths(),
    components: {
      securitySchemes: {
        awsSignature: {
          type: 'apiKey',
          name: 'Authorization',
          in: 'header',
          description: 'AWS Signature Version 4 for the service execute-api: the default.',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
        bearerToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A token of an OpenID Connect issuer, with auth=jwt.',
        },
      },
      headers: {
        'X-Request-Id': { description: 'Names the request in the gateway’s log.', schema: text },
        'X-Refused-By': {
          description:
            'The rule of the gateway that refused (docs/decision.md), in the words of its log; where several mistakes are told, that of the first. Without it, the upstream refused.',
          schema: { type: 'string', enum: refusingRules },
        },
        Warning: {
          description:
            'What of the request was passed over: annotations under tfjob-gateway/ are the gateway’s own and stay as they are. Also fields that are unknown or stand twice, unless fieldValidation says otherwise, and what policies warn of.',
          schema: text,
        },
        'X-Changed-Fields': {
          description:
            'The paths that were changed, or would be in a dry run, with commas between them; none where there are none. Left out where that is not known: of a merge patch that was not judged against the live job.',
          schema: text,
        },
        'Retry-After': { description: 'After how many seconds it may be sent again.', schema: { type: 'string', pattern: '^[0-9]+$' } },
        'WWW-Authenticate': { description: 'How to authenticate. API Gateway may rename it.', schema: text },
      },
      examples: {
        Job: { summary: 'The documented request: the finished job is kept for 1000 seconds.', value: job },
        MergePatch: {
          summary: 'Keep the finished job for an hour, and remove a label.',
          value: { metadata: { labels: { app: null } }, spec: { ttlSecondsAfterFinished: 3600 } },
        },
        JsonPatch: {
          summary: 'Change a label if it is what it is thought to be.',
          value: [
            { op: 'test', path: '/metadata/labels/app', value: 'test' },
            { op: 'replace', path: '/metadata/labels/app', value: 'production' },
          ],
        },
      },
      responses: refusalComponents(),
      schemas: schemaComponents(),
    },
  };
  const head = '# Made by scripts/openapi.ts from the schemas in lib/job; npm run check:generated tells whether it still is.\n';
  return head + stringify(document, { lineWidth: 140, aliasDuplicateObjects: false });
}
