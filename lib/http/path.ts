const withoutSlash = (path: string): string => path.replace(/\/$/, '');

/** What an event says of its path. */
interface EventPath {
  /** The template of the resource or route that API Gateway matched, if it names one (`$default` does not). */
  template: string | undefined;
  /** What API Gateway decoded for the template's parameters. */
  parameters: Record<string, string>;
  /** The paths as they were sent and authorized, where the event carries them. */
  raw: string[];
  stage: string | undefined;
}

/**
 * The path that a request is about, without a stage or a custom domain's base path. It is empty, and so no resource, where what
 * API Gateway decoded is not what was sent: a policy that speaks of paths has judged the path as sent (docs/decision.md, path).
 */
export function pathOf({ template, parameters, raw, stage }: EventPath): string {
  const asked = template?.startsWith('/') ? fill(template, parameters) : withoutStage(raw[0] ?? '', stage);
  if (asked === undefined) return '';
  const path = withoutSlash(asked);
  if (!raw.every((sent) => endsIn(withoutSlash(sent), path))) return '';
  // A slash at the end stays: discovery takes it as an API server does, and to a job it is another path.
  return [asked, ...raw].some((sent) => sent.endsWith('/')) ? `${path}/` : path;
}

/** The template with its parameters in their places; undefined where one is missing, or holds a slash and is not greedy. */
function fill(template: string, parameters: Record<string, string>): string | undefined {
  let whole = true;
  const filled = template.replace(/\{(\w+)(\+?)\}/g, (_, name: string, greedy: string) => {
    const value = parameters[name] ?? '';
    whole &&= value !== '' && (greedy !== '' || !value.includes('/'));
    return value;
  });
  return whole ? filled : undefined;
}

function endsIn(sent: string, path: string): boolean {
  return sent === path || (sent.endsWith(path) && /^(?:\/[^/]+)*$/.test(sent.slice(0, sent.length - path.length)));
}

function withoutStage(path: string, stage: string | undefined): string {
  const before = `/${stage}`;
  return stage !== undefined && stage !== '$default' && path.startsWith(`${before}/`) ? path.slice(before.length) : path;
}
