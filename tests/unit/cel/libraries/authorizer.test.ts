import { expect, it } from 'vitest';
import { evaluate } from './evaluate.ts';

it.each([
  ["authorizer.path('/healthz').check('get').allowed()", 'true @350003'],
  ["authorizer.path('/healthz').check('post').allowed()", 'false @350003'],
  ["authorizer.path('/healthz').check('get').reason()", '"alice [g] get path=/healthz group= resource= sub= ns= name=" @350003'],
  ["authorizer.path('/x').check('fail').errored()", 'true @350003'],
  ["authorizer.path('/x').check('get').errored()", 'false @350003'],
  ["authorizer.path('/x').check('fail').error()", '"broken" @350003'],
  ["authorizer.path('/x').check('get').error()", '"" @350003'],
  ["authorizer.path('')", 'ERR path must not be empty @2'],
  ["authorizer.path('  ')", 'ERR path must not be empty @2'],
  [
    "authorizer.group('apps').resource('deployments').subresource('scale').namespace('default').name('x').check('get').reason()",
    '"alice [g] get path= group=apps resource=deployments sub=scale ns=default name=x" @350007',
  ],
  ["authorizer.group('').resource('pods').check('list').reason()", '"alice [g] list path= group= resource=pods sub= ns= name=" @350004'],
  ["authorizer.group('').resource('')", 'ERR resource must not be empty @3'],
  ["authorizer.group('').resource(' ')", 'ERR resource must not be empty @3'],
  ["authorizer.group('').resource('pods').fieldSelector('spec.nodeName=a').check('get').allowed()", 'true @350416'],
  ["authorizer.group('').resource('pods').labelSelector('a=b,c').check('get').allowed()", 'true @350165'],
  ["authorizer.group('').resource('pods').fieldSelector('').check('get').allowed()", 'true @350014'],
  [
    "authorizer.serviceAccount('default','sa').path('/x').check('get').reason()",
    '"system:serviceaccount:default:sa [system:serviceaccounts system:serviceaccounts:default] get path=/x group= resource= sub= ns= name=" @350004',
  ],
  ["authorizer.serviceAccount('Default','sa')", 'ERR Invalid service account namespace @2'],
  ["authorizer.serviceAccount('default','S A')", 'ERR Invalid service account name @2'],
  ["authorizer.serviceAccount('a.b','s.a')", 'ERR Invalid service account namespace @2'],
  [
    "authorizer.serviceAccount('a','s.a').group('g').resource('r').check('get').reason()",
    '"system:serviceaccount:a:s.a [system:serviceaccounts system:serviceaccounts:a] get path= group=g resource=r sub= ns= name=" @350005',
  ],
  ["authorizer.requestResource.check('get').reason()", '"alice [g] get path= group=g resource=r sub=s ns=ns name=n" @350002'],
  ["authorizer.requestResource.name('m').check('get').reason()", '"alice [g] get path= group=g resource=r sub=s ns=ns name=m" @350003'],
  ["authorizer.path('/x') == authorizer.path('/x')", 'ERR no such overload @5'],
  ['authorizer == authorizer', 'ERR no such overload @3'],
])('Kubernetes answers for the authorizer: %s', (expression, answer) => {
  expect(evaluate(expression)).toBe(answer);
});
