import type { Layout } from '../../../lib/job/fields.ts';
import type { Random } from '../differential/random.ts';

/** What an expression may read beside the job and the request. */
export interface Readable {
  layout: Layout;
  params: boolean;
  authorizer: boolean;
  variables: readonly { name: string; kind: 'truth' | 'number' | 'text' }[];
}

/** Names and values, few enough that expressions and changes meet. */
export const labelKeys = ['a', 'b', 'owner', 'x.io/c'] as const;
export const annotationKeys = ['note', 'x.io/n', 'tfjob-gateway-like'] as const;
export const texts = ['1', '2', 'x', '', 'alice', 'team-a'] as const;
export const numbers = [0, 1, 2, 60, 100, 3600] as const;

/**
 * Draws expressions of policies about jobs. They compile, and read what may be absent with and without asking first, so that many end in an
 * error for some jobs. None reads the value of the marker that events leave, which nobody can foretell.
 */
export class Expressions {
  readonly #random: Random;
  readonly #readable: Readable;

  constructor(random: Random, readable: Readable) {
    this.#random = random;
    this.#readable = readable;
  }

  /** A rule that most updates keep. */
  rule(): string {
    return this.#random.pick([
      () => `!(${this.truth(1)} && ${this.truth(1)})`,
      () => `${this.truth(1)} || ${this.truth(0)} || ${this.truth(0)}`,
      () => `${this.truth(0)} || ${this.truth(1)}`,
      () => this.truth(2),
    ])();
  }

  /** A bool; `depth` says how deep it may be put together of others. */
  truth(depth: number): string {
    if (depth > 0 && this.#random.chance(0.6)) {
      const [a, b, c] = [this.truth(depth - 1), this.truth(depth - 1), this.truth(depth - 1)];
      return this.#random.pick([`(${a} && ${b})`, `(${a} || ${b})`, `!(${a})`, `(${a} ? ${b} : ${c})`]);
    }
    return this.#random.pick([
      () => `${this.number(1)} ${this.#random.pick(['<', '<=', '==', '!=', '>', '>='])} ${this.number(0)}`,
      () => `${this.text()} ${this.#random.pick(['==', '!='])} ${this.text()}`,
      () => `${this.text()}.${this.#random.pick(['startsWith', 'contains', 'endsWith'])}(${this.#literal()})`,
      () => this.#ofText(),
      () => this.#ofLabels(),
      () => this.#ofLabels(),
      () => this.#ofCaller(),
      () => this.#ofWhole(),
      () => this.#variable('truth') ?? this.#ofWhole(),
    ])();
  }

  /** An int. */
  number(depth: number): string {
    if (depth > 0 && this.#random.chance(0.3))
      return `(${this.number(depth - 1)} ${this.#random.pick(['+', '-', '*', '/', '%'])} ${this.number(depth - 1)})`;
    return this.#random.pick([
      () => String(this.#random.pick(numbers)),
      () => this.#scalar(['ttlSecondsAfterFinished', 'activeDeadlineSeconds'], '0'),
      () => this.#scalar(['ttlSecondsAfterFinished', 'activeDeadlineSeconds'], '0'),
      () => `${this.#side()}.metadata.?labels.orValue({}).size()`,
      () => '(object.metadata.generation - oldObject.metadata.generation)',
      () => (this.#readable.params ? 'int(params.data.limit)' : '7'),
      () => this.#variable('number') ?? '3',
    ])();
  }

  /** A string. */
  text(): string {
    return this.#random.pick([
      () => this.#literal(),
      () => this.#entry('labels', labelKeys),
      () => this.#entry('labels', labelKeys),
      () => this.#entry('annotations', annotationKeys),
      () => this.#scalar(['cleanPodPolicy'], "''"),
      () => `request.${this.#random.pick(['name', 'namespace', 'operation', 'kind.kind', 'resource.resource', 'userInfo.username'])}`,
      () => this.#random.pick(['request.userInfo.uid', "request.userInfo.extra['arn'][0]", 'request.options.fieldManager']),
      () => "request.options.?fieldManager.orValue('')",
      () => (this.#readable.params ? 'params.data.text' : `${this.#side()}.metadata.name`),
      () => this.#variable('text') ?? this.#literal(),
    ])();
  }

  #side(): string {
    return this.#random.pick(['object', 'object', 'oldObject']);
  }

  #literal(): string {
    return `'${this.#random.pick([...texts, 'job-a', 'All'])}'`;
  }

  #variable(kind: 'truth' | 'number' | 'text'): string | undefined {
    const known = this.#readable.variables.filter((variable) => variable.kind === kind);
    return known.length > 0 ? `variables.${this.#random.pick(known).name}` : undefined;
  }

  #scalar(names: readonly string[], otherwise: string): string {
    const [side, name] = [this.#side(), this.#random.pick(names)];
    const isGuarded = this.#random.chance(0.7);
    if (this.#readable.layout === 'cci') return isGuarded ? `${side}.spec.?${name}.orValue(${otherwise})` : `${side}.spec.${name}`;
    return isGuarded ? `${side}.spec.?runPolicy.?${name}.orValue(${otherwise})` : `${side}.spec.runPolicy.${name}`;
  }

  #entry(map: 'labels' | 'annotations', keys: readonly string[]): string {
    const [side, key] = [this.#side(), this.#random.pick(keys)];
    return this.#random.chance(0.7)
      ? `${side}.metadata.?${map}[?'${key}'].orValue('')`
      : this.#random.pick([`${side}.metadata.${map}['${key}']`, `${side}.metadata.?${map}.orValue({})['${key}']`]);
  }

  #ofText(): string {
    const text = this.text();
    return this.#random.pick([
      `${text} in ['1', 'x', request.userInfo.username]`,
      `${text}.matches('^[a-z]+$')`,
      `${text}.matches('${this.#random.pick(['1|2', '^$', 'a.*e'])}')`,
      `${text}.size() ${this.#random.pick(['<', '>'])} 2`,
    ]);
  }

  #ofLabels(): string {
    const [side, key] = [this.#side(), this.#random.pick(labelKeys)];
    const all = `${side}.metadata.?labels.orValue({})`;
    const others = `${this.#side()}.metadata.?labels.orValue({})`;
    return this.#random.pick([
      `has(${side}.metadata.labels)`,
      `has(${side}.metadata.annotations)`,
      `'${key}' in ${all}`,
      `'${key}' in ${side}.metadata.labels`,
      `${all}.all(k, k in ${others})`,
      `${all}.exists(k, ${all}[k] == ${this.#literal()})`,
      `${all}.all(k, v, v != ${this.#literal()} || k in ${others})`,
      `${side}.metadata.?annotations.orValue({}).exists(k, k.startsWith('x.io/'))`,
    ]);
  }

  #ofCaller(): string {
    const { authorizer } = this.#readable;
    const verb = this.#random.pick(['get', 'delete', 'delete', 'create', 'escalate']);
    const resource = this.#random.pick(['tfjobs', 'pytorchjobs', 'secrets']);
    return this.#random.pick([
      "'admins' in request.userInfo.groups",
      "request.userInfo.groups.exists(g, g.startsWith('team-'))",
      "request.userInfo.username.startsWith('event:')",
      'has(request.userInfo.uid)',
      'request.dryRun',
      ...(authorizer
        ? [
            `authorizer.requestResource.check('${verb}').allowed()`,
            `authorizer.group('kubeflow.org').resource('${resource}').namespace(request.namespace).check('${verb}').allowed()`,
            `authorizer.path('/healthz').check('${verb}').allowed()`,
          ]
        : []),
    ]);
  }

  #ofWhole(): string {
    const { layout } = this.#readable;
    return this.#random.pick([
      'object.spec == oldObject.spec',
      'object.metadata.?labels == oldObject.metadata.?labels',
      'object == oldObject',
      'object.metadata.resourceVersion == oldObject.metadata.resourceVersion',
      'object.metadata.generation > oldObject.metadata.generation',
      'object.kind == request.kind.kind && object.metadata.uid == oldObject.metadata.uid',
      `has(${this.#side()}.spec.${layout === 'cci' ? '' : 'runPolicy.'}ttlSecondsAfterFinished)`,
      'has(object.status)',
    ]);
  }
}
