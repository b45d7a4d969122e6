import { EntriesMap } from '../maps.ts';
import { type Library, overload } from '../overload.ts';
import { CelError, List, type MapValue, Opaque, type Value } from '../values.ts';
import { noSuchOverload, traversal } from './common.ts';
import { fromByteString } from './go-text.ts';
import { escapedPath, hostAndPort, parseUrl, queryValues, requestUriProblem, urlText, type WebAddress } from './web-address.ts';

/** An absolute URL or path. */
export class Url extends Opaque {
  override readonly typeName = 'kubernetes.URL';
  readonly parts: WebAddress;
  constructor(parts: WebAddress) {
    super();
    this.parts = parts;
  }
  override equals(other: Value): boolean | CelError {
    return other instanceof Url ? urlText(this.parts) === urlText(other.parts) : noSuchOverload;
  }
  override toString(): string {
    return urlText(this.parts);
  }
}

const parse = (text: string): Url | CelError => {
  const parts = parseUrl(text);
  return typeof parts === 'string' ? new CelError(`URL parse error during conversion from string: ${parts}`) : new Url(parts);
};
const query = ({ parts }: Url): MapValue =>
  new EntriesMap([...queryValues(parts)].map(([name, values]): [string, List] => [name, List.of(values)]));

// It is parsed twice, as Kubernetes does.
const work = (text: Value): number => 8 + (text as string).length * 0.3;

/** k8s.io/apiserver/pkg/cel/library/urls.go */
export const url: Library = {
  overloads: [
    overload('string_to_url', 'url(string) -> kubernetes.URL', parse, { cost: traversal, work }),
    overload('is_url_string', 'isURL(string) -> bool', (text: string) => requestUriProblem(text) === undefined, { work }),
    overload('url_get_scheme', '<kubernetes.URL>.getScheme() -> string', ({ parts }: Url) => parts.scheme),
    overload('url_get_host', '<kubernetes.URL>.getHost() -> string', ({ parts }: Url) => fromByteString(parts.host)),
    overload('url_get_hostname', '<kubernetes.URL>.getHostname() -> string', ({ parts }: Url) => hostAndPort(parts).name),
    overload('url_get_port', '<kubernetes.URL>.getPort() -> string', ({ parts }: Url) => hostAndPort(parts).port),
    overload('url_get_escaped_path', '<kubernetes.URL>.getEscapedPath() -> string', ({ parts }: Url) => escapedPath(parts)),
    overload('url_get_query', '<kubernetes.URL>.getQuery() -> map<string, list<string>>', query, {
      work: (url) => ((url as Url).parts.query?.length ?? 0) * 2,
    }),
  ],
};
