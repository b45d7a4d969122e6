import type { JobKind } from '../../lib/job/kinds.ts';
import { isObject, type Json, type JsonObject, numberText, own, setOwn } from '../../lib/json/json.ts';
import { setDefaultPort } from '../manifests/operator-model.ts';
import { copyOf, images, objectOf, raw } from './jobs.ts';

/** One place of a job: a member or an element, by its path. */
interface Place {
  holder: JsonObject | Json[];
  key: string | number;
  path: (string | number)[];
}

const freeMetadata = ['name', 'namespace', 'uid', 'resourceVersion', 'labels', 'annotations', 'finalizers'];
const serverOwned = ['generation', 'selfLink', 'creationTimestamp', 'managedFields'];
const policyNames = ['activeDeadlineSeconds', 'ttlSecondsAfterFinished', 'cleanPodPolicy'];

/** Whether a path leads to what may be replaced, or to what is no difference whatever it holds. */
function isFree(kind: JobKind, [first, second, third]: Place['path']): boolean {
  if (first === 'status' || first === 'apiVersion' || first === 'kind') return true;
  if (first === 'metadata') return [...freeMetadata, ...serverOwned].includes(String(second));
  return first === 'spec' && policyNames.includes(String(kind.layout === 'cci' ? second : second === 'runPolicy' ? third : ''));
}

/** Every place of a job that may not be changed. */
function fixedPlaces(kind: JobKind, job: JsonObject): Place[] {
  const places: Place[] = [];
  const walk = (holder: JsonObject | Json[], path: Place['path']): void => {
    for (const key of Array.isArray(holder) ? holder.keys() : Object.keys(holder)) {
      const here = [...path, key];
      if (isFree(kind, here)) continue;
      places.push({ holder, key, path: here });
      const value = valueAt({ holder, key, path: here });
      if (isObject(value) || Array.isArray(value)) walk(value, here);
    }
  };
  walk(job, []);
  return places;
}

function valueAt({ holder, key }: Place): Json {
  return (holder as JsonObject)[key as string] as Json;
}
function put({ holder, key }: Place, value: Json): void {
  if (Array.isArray(holder)) holder[key as number] = value;
  else setOwn(holder, key as string, value);
}
const pickFrom = <T>(list: readonly T[], pick: number): T | undefined => list[pick % list.length];

/** Changes the meaning of one place that may not be changed; every way of this list does, whatever stands there. */
export function changeMeaning(kind: JobKind, job: JsonObject, pick: number): JsonObject {
  const copy = copyOf(job);
  const place = pickFrom(fixedPlaces(kind, copy), pick) as Place;
  const value = valueAt(place);
  if (Array.isArray(value)) {
    // Whether a port less means something is operator.test.ts's to say.
    if (value.length > 0 && pick % 3 === 0 && place.key !== 'ports') value.shift();
    else value.push('added');
  } else if (isObject(value)) value['zz-added'] = pick % 2 === 0 ? 'added' : [null];
  else if (typeof value === 'string') put(place, `${value}x`);
  else if (typeof value === 'boolean') put(place, !value);
  else put(place, pick % 2 === 0 ? 987654321 : raw('98765432198765432198765.5'));
  return copy;
}

// Fields whose default one may leave out or spell out; the level is the member that holds them.
const defaults: Record<string, JsonObject> = {
  pod: {
    dnsPolicy: 'ClusterFirst',
    terminationGracePeriodSeconds: 30,
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
  },
  replica: { replicas: 1, restartPolicy: 'Never' },
  container: { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
  port: { protocol: 'TCP' },
};
const zeroes: Record<string, JsonObject> = {
  pod: { hostNetwork: false, hostPID: false, hostname: '', nodeName: '' },
  replica: {},
  container: { tty: false, stdin: false, workingDir: '' },
  port: { hostPort: 0, hostIP: '', name: '' },
};

/** The objects of a job by what they are. */
function levels(kind: JobKind, job: JsonObject): { level: string; object: JsonObject }[] {
  return fixedPlaces(kind, job).flatMap((place) => {
    const object = valueAt(place);
    const path = place.path.map((key) => (typeof key === 'number' ? '#' : key)).join('/');
    if (!isObject(object) || !path.startsWith(`spec/${kind.replicaSpecs}/`)) return [];
    const below = path.split('/').slice(3).join('/');
    const level = {
      '': 'replica',
      'template/spec': 'pod',
      'template/spec/containers/#': 'container',
      'template/spec/containers/#/ports/#': 'port',
    }[below];
    return level ? [{ level, object }] : [];
  });
}

function respelledNumber(value: Json, pick: number): Json {
  const text = numberText(value) ?? '';
  const forms = /^-?\d+$/.test(text) ? [`${text}.0`, `${text}e0`, `${text}.00E+0`] : [text];
  return raw(pickFrom(forms, pick) as string);
}

function respelledQuantity(value: Json): Json {
  const text = typeof value === 'string' ? value : (numberText(value) ?? '');
  if (/^\d+$/.test(text)) return typeof value === 'number' ? text : `${text}000m`;
  if (/^\d+Gi$/.test(text)) return `${Number(text.slice(0, -2)) * 1024}Mi`;
  if (/^\d+Ki$/.test(text)) return Number(text.slice(0, -2)) * 1024;
  return text === '0.5' ? '500m' : text === '500m' ? '.5' : value;
}

function shuffled(value: Json, pick: number): Json {
  if (Array.isArray(value)) return value.map((element) => shuffled(element, pick));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, shuffled(member, pick)] as const);
  return objectOf(pick % 2 === 0 ? entries.reverse() : [...entries.slice(1), ...entries.slice(0, 1)]);
}

type Spelling = (kind: JobKind, job: JsonObject, pick: number) => void;
const spellings: Record<string, Spelling> = {
  nothingAdded(kind, job, pick) {
    // A replica type that is there with nothing in it is one more.
    const place = pickFrom(
      fixedPlaces(kind, job).filter((one) => isObject(valueAt(one)) && one.key !== kind.replicaSpecs),
      pick,
    );
    const holder = place ? (valueAt(place) as JsonObject) : job;
    holder['zz-nothing'] ??= pickFrom<Json>([null, [], {}, { a: null, b: { c: [] } }], pick) as Json;
  },
  nullRemoved(kind, job, pick) {
    const nulls = fixedPlaces(kind, job).filter((one) => valueAt(one) === null && !Array.isArray(one.holder));
    const place = pickFrom(nulls, pick);
    if (place) delete (place.holder as JsonObject)[place.key as string];
  },
  emptyReplaced(kind, job, pick) {
    const empty = (value: Json) => (Array.isArray(value) || isObject(value)) && Object.keys(value).length === 0;
    const fits = (one: Place) =>
      one.path.includes('weird') && one.key !== 'weird' && !Array.isArray(one.holder) && !/elector$/.test(String(one.key));
    const place = pickFrom(
      fixedPlaces(kind, job).filter((one) => fits(one) && empty(valueAt(one))),
      pick,
    );
    if (place) put(place, pickFrom<Json>([null, [], {}, { x: [] }], pick) as Json);
  },
  numbers(kind, job, pick) {
    const place = pickFrom(
      fixedPlaces(kind, job).filter((one) => numberText(valueAt(one)) !== undefined),
      pick,
    );
    if (place) put(place, respelledNumber(valueAt(place), pick));
  },
  quantities(kind, job, pick) {
    const fits = (one: Place) =>
      ['limits', 'requests'].includes(String(one.path.at(-2))) || (one.key === 'sizeLimit' && one.path.includes('volumes'));
    const place = pickFrom(
      fixedPlaces(kind, job).filter((one) => fits(one) && !one.path.includes('weird')),
      pick,
    );
    if (place) put(place, respelledQuantity(valueAt(place)));
  },
  defaults(kind, job, pick) {
    const place = pickFrom(levels(kind, job), pick);
    for (const [field, value] of Object.entries(place ? (defaults[place.level] as JsonObject) : {})) {
      const object = (place as { object: JsonObject }).object;
      if (own(object, field) === undefined) object[field] = value;
      else if (Object.is(object[field], value)) delete object[field];
    }
  },
  zeroes(kind, job, pick) {
    const place = pickFrom(levels(kind, job), pick);
    if (place) for (const [field, value] of Object.entries(zeroes[place.level] as JsonObject)) place.object[field] ??= value;
  },
  pullPolicy(kind, job, pick) {
    const place = pickFrom(
      levels(kind, job).filter(({ level }) => level === 'container'),
      pick,
    );
    const policy = images[String(place?.object.image) as keyof typeof images];
    if (!place || !policy) return;
    const given = place.object.imagePullPolicy ?? '';
    if (given === '') place.object.imagePullPolicy = policy;
    else if (given === policy) delete place.object.imagePullPolicy;
  },
  requests(kind, job, pick) {
    const place = pickFrom(
      levels(kind, job).filter(({ object }) => isObject(own(object.resources, 'limits'))),
      pick,
    );
    if (!place) return;
    const resources = place.object.resources as JsonObject;
    const requests = (resources.requests ?? {}) as JsonObject;
    for (const [name, limit] of Object.entries(resources.limits as JsonObject)) {
      if (own(requests, name) === undefined) requests[name] = limit;
      else if (requests[name] === limit) delete requests[name];
    }
    resources.requests = requests;
  },
  operatorPort(kind, job, pick) {
    const pod = pickFrom(
      levels(kind, job).filter(({ level, object }) => level === 'pod' && Array.isArray(object.containers) && object.containers.length > 0),
      pick,
    )?.object;
    const containers = (pod?.containers ?? []) as JsonObject[];
    const place = pickFrom(
      containers.filter(({ ports }) => Array.isArray(ports)),
      pick,
    );
    if (!pod || !place) return;
    const ports = place.ports as Json[];
    const before = JSON.stringify(pod);
    place.ports = ports.slice(0, -1);
    // Without its last port the operator makes the same pod of it, or the port is not the operator's.
    const made = copyOf(pod);
    setDefaultPort(made, ['tensorflow', 'tfjob-port', 2222]);
    if (JSON.stringify(made) !== before) place.ports = ports;
  },
  replicaCase(kind, job, pick) {
    const spec = job.spec as JsonObject;
    const entries = Object.entries(spec[kind.replicaSpecs] as JsonObject);
    spec[kind.replicaSpecs] = objectOf(
      entries.map(([type, replica]) => [pick % 2 === 0 ? type.toUpperCase() : type.toLowerCase(), replica]),
    );
  },
  serverOwned(_kind, job, pick) {
    const metadata = job.metadata as JsonObject;
    for (const field of serverOwned) delete metadata[field];
    if (pick % 2 === 0) Object.assign(metadata, { generation: pick, selfLink: '/x', creationTimestamp: null, managedFields: [{}] });
    job.status = { pick };
  },
  asLive(_kind, job, pick) {
    const metadata = job.metadata as JsonObject;
    const field = pickFrom(['uid', 'namespace', 'finalizers', 'resourceVersion'], pick) as string;
    if (pick % 3 === 0 || field === 'finalizers') delete metadata[field];
    else metadata[field] = pick % 3 === 1 ? null : '';
  },
};
export const waysToSpell = Object.keys(spellings);

/** The same job, spelled in another way. */
export function respelled(kind: JobKind, job: JsonObject, ways: readonly (readonly [way: string, pick: number])[]): JsonObject {
  let copy = copyOf(job);
  for (const [way, pick] of ways) (spellings[way] as Spelling)(kind, copy, pick);
  if (ways.length % 2 === 1) copy = shuffled(copy, ways.length) as JsonObject;
  return copy;
}

/** Puts any JSON at any place of a job. */
export function overwritten(job: JsonObject, changes: readonly (readonly [pick: number, value: Json | undefined])[]): JsonObject {
  const copy = copyOf(job);
  for (const [pick, value] of changes) {
    const places: Place[] = [];
    const walk = (holder: JsonObject | Json[], path: Place['path']): void => {
      for (const key of Array.isArray(holder) ? holder.keys() : Object.keys(holder)) {
        const place = { holder, key, path: [...path, key] };
        places.push(place);
        const inside = valueAt(place);
        if (isObject(inside) || Array.isArray(inside)) walk(inside, place.path);
      }
    };
    walk(copy, []);
    const place = pickFrom(places, pick);
    if (!place) continue;
    if (value !== undefined) put(place, copyOf(value));
    else if (Array.isArray(place.holder)) place.holder.splice(place.key as number, 1);
    else delete place.holder[place.key as string];
  }
  return copy;
}
