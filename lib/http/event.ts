import type { Context } from 'aws-lambda';
import type { CallerNames } from '../callers/iam.ts';
import { type PayloadVersion, requestUser } from '../callers/request-user.ts';
import { pathOf } from './path.ts';
import type { HttpRequest } from './request.ts';

type Loose = { [key: string]: Loose | undefined } & { toString(): string };

// Nothing of an event is taken for what it should be: a member of another type counts as absent.
const isText = (value: unknown): value is string => typeof value === 'string';
const text = (value: unknown): string | undefined => (isText(value) && value !== '' ? value : undefined);
const time = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined);

/** How each kind of event says what a request is. The user is whom the authorizer put into requestContext; a header never counts. */
interface EventForm {
  is(event: Loose): boolean;
  read(event: Loose): Partial<HttpRequest>;
  /** Of its requestContext; undefined where nobody is authenticated in it. */
  payload: PayloadVersion | undefined;
}

/** API Gateway REST (payload 1.0): decoded parameters, several values beside single ones. */
const restForm: EventForm = {
  is: (event) => event.requestContext?.httpMethod !== undefined && event.requestContext.elb === undefined,
  read: (event) => ({
    method: text(event.httpMethod) ?? '',
    path: pathOf({
      template: text(event.resource),
      parameters: textsOf(event.pathParameters),
      raw: [event.path, event.requestContext?.path].flatMap((path) => text(path) ?? []),
      stage: text(event.requestContext?.stage),
    }),
    query: listsOf(event.multiValueQueryStringParameters, event.queryStringParameters),
    headers: headersOf(event.multiValueHeaders, event.headers),
    acceptedAt: time(event.requestContext?.requestTimeEpoch),
    sentPath: text(event.path) ?? '',
    sourceIp: text(event.requestContext?.identity?.sourceIp),
  }),
  payload: '1.0',
};

/** API Gateway HTTP API and Lambda Function URL (payload 2.0): a raw query, cookies apart. */
const httpForm: EventForm = {
  is: (event) => text(event.version) === '2.0' && event.requestContext?.http !== undefined,
  read: (event) => ({
    method: text(event.requestContext?.http?.method) ?? '',
    path: pathOf({
      template: text(event.routeKey)?.replace(/^\S+ /, ''),
      parameters: textsOf(event.pathParameters),
      raw: [event.rawPath, event.requestContext?.http?.path].flatMap((path) => text(path) ?? []),
      stage: text(event.requestContext?.stage),
    }),
    ...sentQuery(text(event.rawQueryString) ?? ''),
    headers: headersOf(undefined, event.headers),
    acceptedAt: time(event.requestContext?.timeEpoch),
    sentPath: text(event.rawPath) ?? '',
    sourceIp: text(event.requestContext?.http?.sourceIp),
  }),
  payload: '2.0',
};

/** Application Load Balancer: nothing is decoded, and its only identity comes in headers, which do not count. */
const albForm: EventForm = {
  is: (event) => event.requestContext?.elb !== undefined,
  read: (event) => ({
    method: text(event.httpMethod) ?? '',
    path: text(event.path) ?? '',
    sentPath: text(event.path) ?? '',
    ...sentQuery(
      Object.entries(listsOf(event.multiValueQueryStringParameters, event.queryStringParameters))
        .flatMap(([name, values]) => values.map((value) => `${name}=${value}`))
        .join('&'),
    ),
    headers: headersOf(event.multiValueHeaders, event.headers),
  }),
  payload: undefined,
};

const forms = [httpForm, albForm, restForm];

/** Makes what brings every kind of event into one form. What is none of them has no user, and so ends as 401. */
export function normalizeEvent(names: CallerNames): (given: unknown, context: Context) => HttpRequest {
  return (given, context) => {
    const event = (given ?? {}) as Loose;
    const form = forms.find((known) => known.is(event));
    return {
      method: '',
      path: '',
      query: {},
      sentQuery: undefined,
      headers: {},
      acceptedAt: undefined,
      sentPath: '',
      sourceIp: undefined,
      ...form?.read(event),
      user: form?.payload && requestUser(form.payload, event.requestContext, names),
      body: event.body ?? '',
      isBase64Encoded: (event.isBase64Encoded as unknown) === true,
      requestId: text(event.requestContext?.requestId) ?? text(context?.awsRequestId) ?? '',
      uniqueId: text(event.requestContext?.extendedRequestId) ?? text(context?.awsRequestId),
    };
  };
}

function headersOf(many: unknown, single: unknown): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  // The single values first, so that a list of several takes their place. Every request has both, so no list is made of a single one.
  for (const [name, value] of Object.entries(single ?? {})) if (isText(value)) headers[name.toLowerCase()] = value;
  for (const [name, values] of Object.entries(many ?? {})) {
    if (Array.isArray(values))
      headers[name.toLowerCase()] = values.length === 1 && isText(values[0]) ? values[0] : values.filter(isText).join(', ');
  }
  return headers;
}

function listsOf(many: unknown, single: unknown): Record<string, string[]> {
  const lists: Record<string, string[]> = Object.create(null);
  for (const [name, value] of Object.entries(textsOf(single))) lists[name] = [value];
  for (const [name, values] of Object.entries(many ?? {})) if (Array.isArray(values)) lists[name] = values.filter(isText);
  return lists;
}

function textsOf(map: unknown): Record<string, string> {
  const texts: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(map ?? {})) if (isText(value)) texts[name] = value;
  return texts;
}

function sentQuery(text: string): Pick<HttpRequest, 'query' | 'sentQuery'> {
  const query: Record<string, string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    query[name] ??= [];
    query[name].push(value);
  }
  return { query, sentQuery: text };
}
