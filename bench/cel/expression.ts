/** An expression as policies have them: a parameter, labels, the caller's groups. */
export const expression = `object.spec.replicas <= int(params.data.max)
  && object.metadata.labels.all(k, k.startsWith('team/') || k == 'app')
  && 'training' in request.userInfo.groups`;

/** What its variables hold. */
export const documents = {
  object: {
    metadata: { name: 'job', labels: { app: 'x', 'team/name': 'vision', 'team/cost': '42' } },
    spec: { replicas: 3, paused: false },
  },
  params: { data: { max: '4' } },
  request: { operation: 'UPDATE', userInfo: { username: 'alice', groups: ['system:authenticated', 'training'] } },
};

/** What each of the engines has here: compiles an expression, and evaluates it with values that `given` has made of JSON. */
export interface Engine<Given> {
  given(document: typeof documents): Given;
  compile(text: string): (given: Given) => unknown;
}

/** The same objects with bigints for integers, which is what an int is to the other engines. */
export function withBigints(value: unknown): unknown {
  if (typeof value === 'number') return BigInt(value);
  if (Array.isArray(value)) return value.map(withBigints);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withBigints(member)]));
}
