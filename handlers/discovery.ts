import type { Context } from 'aws-lambda';
import { openAudit } from '../lib/audit/open.ts';
import { parseCallerNames } from '../lib/callers/config-names.ts';
import { discoveryDocuments } from '../lib/discovery/documents.ts';
import { auditRequest } from '../lib/http/audit.ts';
import { authorizeAll } from '../lib/http/authorize.ts';
import { unpackBody } from '../lib/http/body.ts';
import { requireCaller } from '../lib/http/caller.ts';
import { answerDocument, negotiateDocument, routeToDocument } from '../lib/http/document.ts';
import { normalizeEvent } from '../lib/http/event.ts';
import { logRequest } from '../lib/http/log.ts';
import { readOptions } from '../lib/http/options.ts';
import { negotiate } from '../lib/http/represent.ts';
import { respond } from '../lib/http/respond.ts';
import { isReview, parseReview, reviewCaller, reviewLimit, reviewTypes, routeToReview } from '../lib/http/review.ts';
import { loadPolicies, policiesDigest } from '../lib/policy/load.ts';
import { build } from '../lib/runtime/build.ts';
import { chain } from '../lib/runtime/chain.ts';
import { parseLayout, parseWatch } from '../lib/runtime/config.ts';

const read = normalizeEvent(parseCallerNames(process.env));
const layout = parseLayout(process.env);
const policies = await loadPolicies();
const audit = await openAudit(process.env, layout, policies);

/** Everybody who is authenticated may ask what the gateway is, and about himself, as on an API server. */
const documents = chain(read)
  .use(logRequest())
  .use(auditRequest(audit))
  .use(respond())
  .use(requireCaller())
  .use(routeToDocument(discoveryDocuments(layout, { build, policiesDigest, watch: parseWatch(process.env) })))
  .use(authorizeAll())
  .use(negotiateDocument())
  .handler(answerDocument);

const reviews = chain(read)
  .use(logRequest())
  .use(auditRequest(audit))
  .use(respond())
  .use(requireCaller())
  .use(routeToReview())
  .use(authorizeAll())
  .use(negotiate(['application/json']))
  .use(readOptions('CreateOptions'))
  .use(unpackBody(reviewTypes, reviewLimit))
  .use(parseReview())
  .handler((request) => reviewCaller(policies, request));

/** What a Kubernetes client asks about the gateway itself (its version, its kinds and their schemas) and about its caller. It needs no secret and no CCI. */
export const handler = (event: unknown, context: Context): Promise<unknown> =>
  (isReview(read(event, context)) ? reviews : documents)(event, context);
