import type { Random } from './random.ts';
import { parseType, same, type Type } from './types.ts';

/** What the variables of a line hold, as texts of JSON: numbers beyond 2^53 and `1.0` would not survive a JavaScript number. */
export interface Documents {
  object: string;
  oldObject: string;
  params?: string;
  request: string;
}

const numbers = [
  '0',
  '1',
  '3',
  '-1',
  '1.0',
  '0.5',
  '1e3',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '-0',
  '1e400',
].slice(0, -1);
const strings = [
  '',
  'a',
  'abc',
  'Running',
  'é',
  '😀',
  '10Gi',
  '2026-01-01T00:00:00Z',
  '127.0.0.1',
  'https://a.b/c',
  '1.2.3',
  'a'.repeat(70),
];

function job(random: Random): string {
  const text = () => JSON.stringify(random.pick(strings));
  const number = () => random.pick(numbers);
  const optional = (member: string) => (random.chance(0.92) ? [member] : []);
  const members = [
    '"apiVersion":"kubeflow.org/v1","kind":"TFJob"',
    `"metadata":{${[`"name":${text()}`, ...optional(`"labels":{"app":${text()},"a/b.c":${text()}}`), ...optional('"annotations":{}')].join()}}`,
    `"spec":{${[
      ...optional(`"replicas":${number()}`),
      ...optional(`"ttl":${number()}`),
      ...optional(`"ratio":${random.pick(['0.5', '1.5e2', '2.0'])}`),
      ...optional(`"paused":${random.chance(0.5)}`),
      ...optional(`"args":[${random.some(4, text).join()}]`),
      ...optional(`"ports":[${random.some(4, number).join()}]`),
      ...optional(`"containers":[${random.some(3, () => `{"name":${text()},"image":${text()},"limits":{"cpu":${text()}}}`).join()}]`),
      ...optional('"nothing":null'),
      ...optional(`"mixed":[1,"a",null,${number()},{"k":[]},true]`),
      ...optional('"in":{"map":{"1":2},"namespace":"n","a-b":1}'),
    ].join()}}`,
  ];
  return `{${members.join()}}`;
}

function request(random: Random): string {
  const member = (name: string, value: unknown) => (random.chance(0.9) ? { [name]: value } : {});
  const kind = { group: 'kubeflow.org', version: 'v1', kind: 'TFJob' };
  const resource = { group: 'kubeflow.org', version: 'v1', resource: 'tfjobs' };
  const extra = member('extra', { 'example.org/key': ['a', 'b'], none: [] });
  return JSON.stringify({
    uid: 'u-1',
    kind,
    resource,
    ...member('requestKind', kind),
    ...member('requestResource', resource),
    ...member('subResource', 'status'),
    ...member('name', random.pick(['job', 'é', ''])),
    ...member('namespace', 'ns'),
    operation: random.pick(['UPDATE', 'CREATE']),
    userInfo: {
      username: random.pick(['alice', '']),
      ...member('uid', '7'),
      ...member('groups', ['dev', 'system:authenticated']),
      ...extra,
    },
    ...member('dryRun', random.chance(0.5)),
    ...member('options', { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'f' }),
  });
}

/** Documents for one line; some lack members, so that what reads them fails. */
export function documents(random: Random): Documents {
  const oldObject = random.chance(0.08) ? 'null' : job(random);
  return {
    object: job(random),
    oldObject,
    ...(random.chance(0.85) && { params: `{"data":{"max":"3","allowed":${JSON.stringify(random.pick(strings))}}}` }),
    request: request(random),
  };
}

const paths: readonly (readonly [string, Type])[] = Object.entries({
  'object.spec.replicas': 'int',
  'object.spec.ttl': 'int',
  'oldObject.spec.replicas': 'int',
  'object.spec.ratio': 'double',
  'object.spec.paused': 'bool',
  'object.metadata.name': 'string',
  'object.metadata.labels.app': 'string',
  "object.metadata.labels['a/b.c']": 'string',
  'object.metadata.labels.`a/b.c`': 'string',
  'oldObject.metadata.name': 'string',
  'params.data.max': 'string',
  'params.data["allowed"]': 'string',
  'object.spec.args': 'list<string>',
  'object.spec.ports': 'list<int>',
  'object.spec.containers': 'list<map<string,dyn>>',
  'object.spec.containers[0].image': 'string',
  'object.metadata.labels': 'map<string,string>',
  'object.spec.nothing': 'null',
  'object.spec.mixed': 'list<dyn>',
  object: 'dyn',
  oldObject: 'dyn',
  params: 'dyn',
  'object.spec': 'dyn',
  'request.name': 'string',
  'request.namespace': 'string',
  'request.operation': 'string',
  'request.subResource': 'string',
  'request.userInfo.username': 'string',
  'request.userInfo.uid': 'string',
  'request.kind.kind': 'string',
  'request.resource.group': 'string',
  'request.requestKind.version': 'string',
  'request.userInfo.groups': 'list<string>',
  'request.userInfo.extra': 'map<string,list<string>>',
  'request.dryRun': 'bool',
  'request.options': 'dyn',
  'request.options.fieldManager': 'dyn',
}).map(([path, text]) => [path, parseType(text)] as const);

/**
 * The paths into the documents that hold a value of a type, most of the time. To the checker all but those of `request` are dyn: `typed`
 * leaves out what it would not take for that type.
 */
export const pathsOf = (wanted: Type, typed: boolean): string[] =>
  paths
    .filter(([path, held]) => same(held, wanted) && (!typed || wanted.name === 'dyn' || path.startsWith('request.')))
    .map(([path]) => path);
/** Paths for has() and optional selection. */
export const selections: readonly string[] = [
  ...paths.map(([path]) => path).filter((path) => /\.\w+$/.test(path)),
  'object.spec.nope',
  'object.missing',
  'object.metadata.labels.app',
];
