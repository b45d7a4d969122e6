/** Where an upstream keeps the fields of a job's run: CCI and Kubeflow v1.0–1.2 under spec, Kubeflow ≥ 1.3 under spec.runPolicy. */
export type Layout = 'cci' | 'kubeflow';
/** The objects of a job that hold replaceable fields. */
export type Place = 'metadata' | 'spec' | 'spec.runPolicy';

/** A map of metadata, by the rules that Kubernetes has for it. */
export type MapName = 'labels' | 'annotations';
/** What a value must be. An integer without a maximum may be as large as JSON holds exactly, 2^53 - 1. */
export type ValueType =
  | { type: MapName }
  | { type: 'integer'; minimum: number; maximum?: number }
  | { type: 'enum'; values: readonly string[] }
  | { type: 'boolean' };

/** A field that may be replaced. */
export interface Field {
  name: string;
  /** The object that holds it in each layout that has it. */
  in: Partial<Record<Layout, Place>>;
  value: ValueType;
  /** What it is for, in one sentence for documents. */
  description: string;
}

const inMetadata = { cci: 'metadata', kubeflow: 'metadata' } as const;
const inRunPolicy = { cci: 'spec', kubeflow: 'spec.runPolicy' } as const;

/**
 * The fields that may be replaced, and nothing else may: a new field is a new row. Made from it are the schemas of bodies, the checks of
 * values, what is compared and what is taken from a request, patches that go without a read, the help for misspelt fields, and what
 * OpenAPI, kubectl explain and the documents say.
 */
export const fields: readonly Field[] = [
  {
    // ValidateLabels, in apimachinery's pkg/apis/meta/v1/validation
    name: 'labels',
    in: inMetadata,
    value: { type: 'labels' },
    description: 'Keys and values by which objects are selected, at most 2,000 and 256 KiB in total.',
  },
  {
    // ValidateAnnotations, in apimachinery's pkg/api/validation
    name: 'annotations',
    in: inMetadata,
    value: { type: 'annotations' },
    description:
      'Keys and values of any purpose, at most 2,000 and 256 KiB in total, of which 64 KiB are kept for the record of kubectl apply and the markers of events.',
  },
  {
    // CCI's documentation (replacing a TFJob), table 155; Kubeflow's RunPolicy has an int64
    name: 'activeDeadlineSeconds',
    in: inRunPolicy,
    value: { type: 'integer', minimum: 1 },
    description: 'How many seconds the job may be active before it is ended, 1 or more.',
  },
  {
    // CCI's table 155; an int32 in Kubeflow's RunPolicy
    name: 'ttlSecondsAfterFinished',
    in: inRunPolicy,
    value: { type: 'integer', minimum: 0, maximum: 2 ** 31 - 1 },
    description: 'How many seconds the job is kept after it has finished, from 0 to 2147483647.',
  },
  {
    // CCI's table 155; Kubeflow's CleanPodPolicy
    name: 'cleanPodPolicy',
    in: inRunPolicy,
    value: { type: 'enum', values: ['All', 'Running', 'None'] },
    description: 'Which pods are deleted when the job is finished: All, Running or None.',
  },
];

/** A field as one layout has it. */
export interface PlacedField extends Field {
  place: Place;
  path: readonly string[];
  /** The path as one text, as `spec.cleanPodPolicy`. */
  dotted: string;
}

const placed: Record<Layout, readonly PlacedField[]> = { cci: placedIn('cci'), kubeflow: placedIn('kubeflow') };

function placedIn(layout: Layout): PlacedField[] {
  return fields.flatMap((field) => {
    const place = field.in[layout];
    return place ? [{ ...field, place, path: [...place.split('.'), field.name], dotted: `${place}.${field.name}` }] : [];
  });
}

/** The fields of a layout, in the order of the table. */
export function fieldsOf(layout: Layout): readonly PlacedField[] {
  return placed[layout];
}

/** The members of one object of a job that are fields, each with what `make` makes of it. */
export function membersOf<T>(layout: Layout, place: Place, make: (field: PlacedField) => T): Record<string, T> {
  const members = placed[layout].filter((field) => field.place === place);
  return Object.fromEntries(members.map((field) => [field.name, make(field)]));
}

/** Whether a field is a map of labels or annotations; all others are scalars. */
export function isMap<F extends Field>(field: F): field is F & { name: MapName; value: { type: MapName } } {
  return field.value.type === 'labels' || field.value.type === 'annotations';
}

/** Whether a name is that of the labels or of the annotations. */
export function isMapName(name: string): name is MapName {
  return name === 'labels' || name === 'annotations';
}

const numbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** How many fields there are, as documents write it: `five`. */
export const fieldCount: string = numbers[fields.length] ?? String(fields.length);

/** The names of some fields as documents list them: `a, b and c`. */
export function listed(some: readonly Field[]): string {
  return some
    .map(({ name }) => name)
    .join(', ')
    .replace(/, ([^,]*)$/, ' and $1');
}
